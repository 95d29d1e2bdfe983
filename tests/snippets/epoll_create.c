// SPDX-License-Identifier: Apache-2.0
//
// epoll_create(2).

#include "families.h"

SNIPPET(epoll_create, .run = run_epoll, .kind = epoll_size);
