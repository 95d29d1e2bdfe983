// SPDX-License-Identifier: Apache-2.0
//
// openat(2) with a 64-bit off_t.

#include "families.h"

SNIPPET(openat64, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_at);
