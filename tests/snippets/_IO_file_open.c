// SPDX-License-Identifier: Apache-2.0
//
// The part of glibc's fopen that makes the descriptor.

#include "families.h"

SNIPPET(_IO_file_open, .run = run_stream, .kind = stream_by_file_open);
