// SPDX-License-Identifier: Apache-2.0
//
// eventfd(2).

#include "families.h"

SNIPPET(eventfd, .run = run_eventfd);
