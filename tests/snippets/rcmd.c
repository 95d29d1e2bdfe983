// SPDX-License-Identifier: Apache-2.0
//
// rcmd(3).

#include "families.h"

SNIPPET(rcmd, .run = run_remote, .kind = remote_rcmd);
