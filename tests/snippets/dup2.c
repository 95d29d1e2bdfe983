// SPDX-License-Identifier: Apache-2.0
//
// dup2(2).

#include "families.h"

SNIPPET(dup2, .run = run_dup2, .in_vfork = &dup2_maker);
