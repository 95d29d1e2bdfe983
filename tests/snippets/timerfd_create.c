// SPDX-License-Identifier: Apache-2.0
//
// timerfd_create(2).

#include "families.h"

SNIPPET(timerfd_create, .run = run_timerfd);
