// SPDX-License-Identifier: Apache-2.0
//
// __open_2 with a 64-bit off_t.

#include "families.h"

SNIPPET(__open64_2, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_fortified);
