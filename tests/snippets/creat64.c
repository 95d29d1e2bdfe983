// SPDX-License-Identifier: Apache-2.0
//
// creat(2) with a 64-bit off_t.

#include "families.h"

SNIPPET(creat64, .run = run_creat, .block = block_creat, .in_vfork = &creat_maker);
