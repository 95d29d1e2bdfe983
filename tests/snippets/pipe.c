// SPDX-License-Identifier: Apache-2.0
//
// pipe(2).

#include "families.h"

SNIPPET(pipe, .run = run_pipe, .in_vfork = &pipe_maker, .kind = pipe_plain);
