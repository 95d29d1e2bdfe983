// SPDX-License-Identifier: Apache-2.0
//
// execveat(2).

#include "families.h"

SNIPPET(execveat, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_at);
