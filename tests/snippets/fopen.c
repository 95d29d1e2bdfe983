// SPDX-License-Identifier: Apache-2.0
//
// fopen(3).

#include "families.h"

SNIPPET(fopen, .run = run_stream, .block = block_stream, .kind = stream_by_path);
