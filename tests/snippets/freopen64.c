// SPDX-License-Identifier: Apache-2.0
//
// freopen(3) with a 64-bit off_t.

#include "families.h"

SNIPPET(freopen64, .run = run_stream, .block = block_stream, .kind = stream_reopened);
