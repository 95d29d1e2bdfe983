// SPDX-License-Identifier: Apache-2.0
//
// mkstemp(3) with a 64-bit off_t.

#include "families.h"

SNIPPET(mkstemp64, .run = run_mkstemp, .kind = temp_plain);
