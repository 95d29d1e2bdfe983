// SPDX-License-Identifier: Apache-2.0
//
// inotify_init(2).

#include "families.h"

SNIPPET(inotify_init, .run = run_inotify, .kind = inotify_plain);
