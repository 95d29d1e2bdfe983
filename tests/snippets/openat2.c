// SPDX-License-Identifier: Apache-2.0
//
// openat2(2): a function of glibc since 2.43, so that most programs that have it found it by dlsym.

#include "families.h"

SNIPPET(openat2, .run = run_open, .block = block_open, .kind = open_how);
