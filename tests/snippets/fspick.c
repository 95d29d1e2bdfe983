// SPDX-License-Identifier: Apache-2.0
//
// fspick(2).

#include "families.h"

SNIPPET(fspick, .run = run_fspick);
