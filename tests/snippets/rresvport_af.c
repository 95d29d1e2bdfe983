// SPDX-License-Identifier: Apache-2.0
//
// rresvport(3), which is told the address family.

#include "families.h"

SNIPPET(rresvport_af, .run = run_rresvport, .kind = port_af);
