// SPDX-License-Identifier: Apache-2.0
//
// mkostemps(3).

#include "families.h"

SNIPPET(mkostemps, .run = run_mkstemp, .kind = temp_suffix_flags);
