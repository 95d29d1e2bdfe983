// SPDX-License-Identifier: Apache-2.0
//
// socketpair(2).

#include "families.h"

SNIPPET(socketpair, .run = run_socketpair, .in_vfork = &socketpair_maker);
