// SPDX-License-Identifier: Apache-2.0
//
// open_tree(2).

#include "families.h"

SNIPPET(open_tree, .run = run_open_tree);
