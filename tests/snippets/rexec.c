// SPDX-License-Identifier: Apache-2.0
//
// rexec(3).

#include "families.h"

SNIPPET(rexec, .run = run_remote, .kind = remote_rexec);
