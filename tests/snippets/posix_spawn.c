// SPDX-License-Identifier: Apache-2.0
//
// posix_spawn(3).

#include "families.h"

SNIPPET(posix_spawn, .run = run_exec, .kind = exec_spawn);
