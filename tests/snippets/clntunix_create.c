// SPDX-License-Identifier: Apache-2.0
//
// clntunix_create(3), in glibc for old binaries only.

#include "families.h"

SNIPPET(clntunix_create, .run = run_rpc_client, .kind = client_unix);
