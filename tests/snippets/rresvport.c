// SPDX-License-Identifier: Apache-2.0
//
// rresvport(3).

#include "families.h"

SNIPPET(rresvport, .run = run_rresvport, .kind = port_plain);
