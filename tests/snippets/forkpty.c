// SPDX-License-Identifier: Apache-2.0
//
// forkpty(3).

#include "families.h"

SNIPPET(forkpty, .run = run_forkpty);
