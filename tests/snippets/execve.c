// SPDX-License-Identifier: Apache-2.0
//
// execve(2).

#include "families.h"

SNIPPET(execve, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_vector_environment);
