// SPDX-License-Identifier: Apache-2.0
//
// What programs built with _FORTIFY_SOURCE call when they open(2) without a mode.

#include "families.h"

SNIPPET(__open_2, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_fortified);
