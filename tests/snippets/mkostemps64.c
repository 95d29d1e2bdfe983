// SPDX-License-Identifier: Apache-2.0
//
// mkostemps(3) with a 64-bit off_t.

#include "families.h"

SNIPPET(mkostemps64, .run = run_mkstemp, .kind = temp_suffix_flags);
