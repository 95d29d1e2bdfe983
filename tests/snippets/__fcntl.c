// SPDX-License-Identifier: Apache-2.0
//
// glibc's other name of fcntl(2).

#include "families.h"

SNIPPET(__fcntl, .run = run_fcntl, .block = block_fcntl, .in_vfork = &fcntl_maker);
