// SPDX-License-Identifier: Apache-2.0
//
// tmpfile(3).

#include "families.h"

SNIPPET(tmpfile, .run = run_tmpfile);
