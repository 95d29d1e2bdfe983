// SPDX-License-Identifier: Apache-2.0
//
// recvmmsg(2).

#include "families.h"

SNIPPET(recvmmsg, .run = run_receive, .block = block_receive, .kind = receive_many);
