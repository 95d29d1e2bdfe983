// SPDX-License-Identifier: Apache-2.0
//
// tmpfile(3) with a 64-bit off_t.

#include "families.h"

SNIPPET(tmpfile64, .run = run_tmpfile);
