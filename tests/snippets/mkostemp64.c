// SPDX-License-Identifier: Apache-2.0
//
// mkostemp(3) with a 64-bit off_t.

#include "families.h"

SNIPPET(mkostemp64, .run = run_mkstemp, .kind = temp_flags);
