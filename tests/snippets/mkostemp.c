// SPDX-License-Identifier: Apache-2.0
//
// mkostemp(3).

#include "families.h"

SNIPPET(mkostemp, .run = run_mkstemp, .kind = temp_flags);
