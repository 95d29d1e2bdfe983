// SPDX-License-Identifier: Apache-2.0
//
// recvmmsg(2) of 32-bit programs built with _TIME_BITS=64.

#include "families.h"

SNIPPET(__recvmmsg64, .run = run_receive, .block = block_receive, .kind = receive_many);
