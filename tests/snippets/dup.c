// SPDX-License-Identifier: Apache-2.0
//
// dup(2).

#include "families.h"

SNIPPET(dup, .run = run_dup, .in_vfork = &dup_maker);
