// SPDX-License-Identifier: Apache-2.0
//
// accept(2).

#include "families.h"

SNIPPET(accept, .run = run_accept, .block = block_accept, .in_vfork = &accept_maker, .kind = accept_plain);
