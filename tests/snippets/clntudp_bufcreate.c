// SPDX-License-Identifier: Apache-2.0
//
// clntudp_bufcreate(3), in glibc for old binaries only.

#include "families.h"

SNIPPET(clntudp_bufcreate, .run = run_rpc_client, .kind = client_udp_buffers);
