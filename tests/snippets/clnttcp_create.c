// SPDX-License-Identifier: Apache-2.0
//
// clnttcp_create(3), in glibc for old binaries only.

#include "families.h"

SNIPPET(clnttcp_create, .run = run_rpc_client, .kind = client_tcp);
