// SPDX-License-Identifier: Apache-2.0
//
// fts_open(3) with 64-bit inode numbers.

#include "families.h"

SNIPPET(fts64_open, .run = run_fts);
