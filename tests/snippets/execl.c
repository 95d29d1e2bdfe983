// SPDX-License-Identifier: Apache-2.0
//
// execl(3).

#include "families.h"

SNIPPET(execl, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_list);
