// SPDX-License-Identifier: Apache-2.0
//
// fopen(3) with a 64-bit off_t: what libstdc++ calls.

#include "families.h"

SNIPPET(fopen64, .run = run_stream, .block = block_stream, .kind = stream_by_path);
