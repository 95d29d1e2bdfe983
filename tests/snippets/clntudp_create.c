// SPDX-License-Identifier: Apache-2.0
//
// clntudp_create(3), in glibc for old binaries only.

#include "families.h"

SNIPPET(clntudp_create, .run = run_rpc_client, .kind = client_udp);
