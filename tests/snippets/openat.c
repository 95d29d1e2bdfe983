// SPDX-License-Identifier: Apache-2.0
//
// openat(2).

#include "families.h"

SNIPPET(openat, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_at);
