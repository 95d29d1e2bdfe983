// SPDX-License-Identifier: Apache-2.0
//
// What programs built with _FORTIFY_SOURCE call when they openat(2) without a mode.

#include "families.h"

SNIPPET(__openat_2, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_at_fortified);
