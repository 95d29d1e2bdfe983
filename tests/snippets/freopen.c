// SPDX-License-Identifier: Apache-2.0
//
// freopen(3).

#include "families.h"

SNIPPET(freopen, .run = run_stream, .block = block_stream, .kind = stream_reopened);
