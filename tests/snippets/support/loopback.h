// SPDX-License-Identifier: Apache-2.0
//
// Sockets that snippets talk to: on the loopback interface, on ports that the kernel chooses.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/// A socket listening on a free port; its address is stored.
int listen_on_loopback(struct sockaddr_in* address);

/// A connection to it.
int connect_to(const struct sockaddr_in* address);
