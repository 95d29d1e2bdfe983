// SPDX-License-Identifier: Apache-2.0
//
// pipe2(2).

#include "families.h"

SNIPPET(pipe2, .run = run_pipe, .in_vfork = &pipe_maker, .kind = pipe_flags);
