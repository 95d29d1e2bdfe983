// SPDX-License-Identifier: Apache-2.0
//
// execvpe(3).

#include "families.h"

SNIPPET(execvpe, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_vector_environment);
