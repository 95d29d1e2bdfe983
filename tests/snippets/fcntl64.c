// SPDX-License-Identifier: Apache-2.0
//
// fcntl(2) with F_DUPFD, and a 64-bit off_t.

#include "families.h"

SNIPPET(fcntl64, .run = run_fcntl, .block = block_fcntl, .in_vfork = &fcntl_maker);
