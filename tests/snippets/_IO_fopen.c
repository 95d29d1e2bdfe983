// SPDX-License-Identifier: Apache-2.0
//
// fopen(3) as programs linked before glibc 2.1 call it.

#include "families.h"

SNIPPET(_IO_fopen, .run = run_stream, .block = block_stream, .kind = stream_by_path);
