// SPDX-License-Identifier: Apache-2.0
//
// fcntl(2) with F_DUPFD.

#include "families.h"

SNIPPET(fcntl, .run = run_fcntl, .block = block_fcntl, .in_vfork = &fcntl_maker);
