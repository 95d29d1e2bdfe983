// SPDX-License-Identifier: Apache-2.0
//
// execlp(3).

#include "families.h"

SNIPPET(execlp, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_list);
