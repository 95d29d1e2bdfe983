// SPDX-License-Identifier: Apache-2.0
//
// open_by_handle_at(2): opens what name_to_handle_at found.

#include "families.h"

SNIPPET(open_by_handle_at, .run = run_open, .block = block_open, .kind = open_handle);
