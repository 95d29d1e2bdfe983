// SPDX-License-Identifier: Apache-2.0
//
// inotify_init1(2).

#include "families.h"

SNIPPET(inotify_init1, .run = run_inotify, .kind = inotify_flags);
