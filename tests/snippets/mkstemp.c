// SPDX-License-Identifier: Apache-2.0
//
// mkstemp(3).

#include "families.h"

SNIPPET(mkstemp, .run = run_mkstemp, .kind = temp_plain);
