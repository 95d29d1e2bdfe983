// SPDX-License-Identifier: Apache-2.0
//
// posix_spawnp(3).

#include "families.h"

SNIPPET(posix_spawnp, .run = run_exec, .kind = exec_spawn);
