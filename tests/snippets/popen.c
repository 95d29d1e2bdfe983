// SPDX-License-Identifier: Apache-2.0
//
// popen(3).

#include "families.h"

SNIPPET(popen, .run = run_popen);
