// SPDX-License-Identifier: Apache-2.0
//
// fcntl(2) of 32-bit programs built with _TIME_BITS=64.

#include "families.h"

SNIPPET(__fcntl_time64, .run = run_fcntl, .block = block_fcntl, .in_vfork = &fcntl_maker);
