// SPDX-License-Identifier: Apache-2.0
//
// rexec(3), which is told the address family.

#include "families.h"

SNIPPET(rexec_af, .run = run_remote, .kind = remote_rexec_af);
