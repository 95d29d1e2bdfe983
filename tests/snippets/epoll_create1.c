// SPDX-License-Identifier: Apache-2.0
//
// epoll_create1(2).

#include "families.h"

SNIPPET(epoll_create1, .run = run_epoll, .kind = epoll_flags);
