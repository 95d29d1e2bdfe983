// SPDX-License-Identifier: Apache-2.0
//
// execle(3).

#include "families.h"

SNIPPET(execle, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_list);
