// SPDX-License-Identifier: Apache-2.0
//
// execv(3).

#include "families.h"

SNIPPET(execv, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_vector);
