// SPDX-License-Identifier: Apache-2.0
//
// fsopen(2).

#include "families.h"

SNIPPET(fsopen, .run = run_fsopen);
