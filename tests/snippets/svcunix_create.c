// SPDX-License-Identifier: Apache-2.0
//
// svcunix_create(3), in glibc for old binaries only.

#include "families.h"

SNIPPET(svcunix_create, .run = run_rpc_server, .kind = server_unix);
