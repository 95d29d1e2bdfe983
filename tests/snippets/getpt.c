// SPDX-License-Identifier: Apache-2.0
//
// getpt(3).

#include "families.h"

SNIPPET(getpt, .run = run_posix_openpt, .kind = terminal_plain);
