// SPDX-License-Identifier: Apache-2.0
//
// fanotify_init(2), and the descriptors that its events bring.

#include "families.h"

SNIPPET(fanotify_init, .run = run_fanotify);
