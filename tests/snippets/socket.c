// SPDX-License-Identifier: Apache-2.0
//
// socket(2).

#include "families.h"

SNIPPET(socket, .run = run_socket, .in_vfork = &socket_maker);
