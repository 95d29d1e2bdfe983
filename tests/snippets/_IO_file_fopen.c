// SPDX-License-Identifier: Apache-2.0
//
// The part of glibc's fopen that opens the file.

#include "families.h"

SNIPPET(_IO_file_fopen, .run = run_stream, .kind = stream_by_file_fopen);
