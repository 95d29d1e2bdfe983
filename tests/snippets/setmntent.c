// SPDX-License-Identifier: Apache-2.0
//
// setmntent(3): an fopen that glibc makes close-on-exec and musl does not.

#include "families.h"

SNIPPET(setmntent, .run = run_stream, .kind = stream_of_mounts);
