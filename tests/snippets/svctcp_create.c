// SPDX-License-Identifier: Apache-2.0
//
// svctcp_create(3), in glibc for old binaries only.

#include "families.h"

SNIPPET(svctcp_create, .run = run_rpc_server, .kind = server_tcp);
