// SPDX-License-Identifier: Apache-2.0
//
// ioctl(2) with TIOCGPTPEER.

#include "families.h"

SNIPPET(ioctl, .run = run_peer);
