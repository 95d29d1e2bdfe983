// SPDX-License-Identifier: Apache-2.0
//
// mkstemps(3).

#include "families.h"

SNIPPET(mkstemps, .run = run_mkstemp, .kind = temp_suffix);
