// SPDX-License-Identifier: Apache-2.0
//
// rcmd(3), which is told the address family.

#include "families.h"

SNIPPET(rcmd_af, .run = run_remote, .kind = remote_rcmd_af);
