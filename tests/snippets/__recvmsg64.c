// SPDX-License-Identifier: Apache-2.0
//
// recvmsg(2) of 32-bit programs built with _TIME_BITS=64.

#include "families.h"

SNIPPET(__recvmsg64, .run = run_receive, .block = block_receive, .in_vfork = &receive_maker, .kind = receive_one);
