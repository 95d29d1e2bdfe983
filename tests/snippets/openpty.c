// SPDX-License-Identifier: Apache-2.0
//
// openpty(3).

#include "families.h"

SNIPPET(openpty, .run = run_openpty);
