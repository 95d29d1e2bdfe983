// SPDX-License-Identifier: Apache-2.0
//
// posix_openpt(3).

#include "families.h"

SNIPPET(posix_openpt, .run = run_posix_openpt, .kind = terminal_flags);
