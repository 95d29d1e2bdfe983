// SPDX-License-Identifier: Apache-2.0
//
// glibc's other name of setmntent(3).

#include "families.h"

SNIPPET(__setmntent, .run = run_stream, .kind = stream_of_mounts);
