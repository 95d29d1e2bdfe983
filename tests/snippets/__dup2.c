// SPDX-License-Identifier: Apache-2.0
//
// glibc's other name of dup2(2).

#include "families.h"

SNIPPET(__dup2, .run = run_dup2, .in_vfork = &dup2_maker);
