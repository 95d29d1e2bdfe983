// SPDX-License-Identifier: Apache-2.0
//
// popen(3) as programs linked before glibc 2.1 call it.

#include "families.h"

SNIPPET(_IO_popen, .run = run_popen);
