// SPDX-License-Identifier: Apache-2.0
//
// dup3(2).

#include "families.h"

SNIPPET(dup3, .run = run_dup3, .in_vfork = &dup3_maker);
