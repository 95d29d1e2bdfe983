// SPDX-License-Identifier: Apache-2.0
//
// open(2).

#include "families.h"

SNIPPET(open, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_plain);
