// SPDX-License-Identifier: Apache-2.0
//
// fts_open(3) of 32-bit programs built with _TIME_BITS=64.

#include "families.h"

SNIPPET(__fts64_open_time64, .run = run_fts);
