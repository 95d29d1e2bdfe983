// SPDX-License-Identifier: Apache-2.0
//
// syscall(2), by every number that makes a descriptor.

#include "families.h"

SNIPPET(syscall, .run = run_by_number);
