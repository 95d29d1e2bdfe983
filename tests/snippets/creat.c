// SPDX-License-Identifier: Apache-2.0
//
// creat(2).

#include "families.h"

SNIPPET(creat, .run = run_creat, .block = block_creat, .in_vfork = &creat_maker);
