// SPDX-License-Identifier: Apache-2.0
//
// signalfd(2).

#include "families.h"

SNIPPET(signalfd, .run = run_signalfd);
