// SPDX-License-Identifier: Apache-2.0
//
// execvp(3).

#include "families.h"

SNIPPET(execvp, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_vector);
