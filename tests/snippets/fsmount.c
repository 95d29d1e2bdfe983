// SPDX-License-Identifier: Apache-2.0
//
// fsmount(2).

#include "families.h"

SNIPPET(fsmount, .run = run_fsmount);
