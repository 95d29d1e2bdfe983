// SPDX-License-Identifier: Apache-2.0
//
// ioctl(2) of 32-bit programs built with _TIME_BITS=64.

#include "families.h"

SNIPPET(__ioctl_time64, .run = run_peer);
