// SPDX-License-Identifier: Apache-2.0
//
// fexecve(3).

#include "families.h"

SNIPPET(fexecve, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_descriptor);
