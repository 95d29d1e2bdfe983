// SPDX-License-Identifier: Apache-2.0
//
// fts_open(3).

#include "families.h"

SNIPPET(fts_open, .run = run_fts);
