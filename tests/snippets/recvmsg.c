// SPDX-License-Identifier: Apache-2.0
//
// recvmsg(2).

#include "families.h"

SNIPPET(recvmsg, .run = run_receive, .block = block_receive, .in_vfork = &receive_maker, .kind = receive_one);
