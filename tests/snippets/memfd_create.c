// SPDX-License-Identifier: Apache-2.0
//
// memfd_create(2).

#include "families.h"

SNIPPET(memfd_create, .run = run_memfd);
