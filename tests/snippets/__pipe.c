// SPDX-License-Identifier: Apache-2.0
//
// glibc's other name of pipe(2).

#include "families.h"

SNIPPET(__pipe, .run = run_pipe, .in_vfork = &pipe_maker, .kind = pipe_plain);
