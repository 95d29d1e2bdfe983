// SPDX-License-Identifier: Apache-2.0
//
// svcudp_bufcreate(3), in glibc for old binaries only.

#include "families.h"

SNIPPET(svcudp_bufcreate, .run = run_rpc_server, .kind = server_udp_buffers);
