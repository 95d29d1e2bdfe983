// SPDX-License-Identifier: Apache-2.0
//
// Family socket: the sockets that SunRPC clients and servers make for themselves when they are given none. libtirpc
// asks libc's socket(), which is interposed; what is left is the old code inside glibc, which old binaries call.

#include "shim/interpose.h"

using namespace cloexec;

namespace {

constexpr int any_socket = -1;  // RPC_ANYSOCK: rpc_svc_create(3)

/// A client stores the socket that it made where it found that it had none.
CLIENT* client(Site site, int* fd, auto create) {
  const bool makes_one = fd != nullptr && *fd < 0;
  CLIENT* made = create();
  if (made != nullptr && makes_one) force_after(site, *fd);
  return made;
}

/// A server's socket is the first member of its handle (xp_fd or xp_sock in rpc/svc.h).
SVCXPRT* server(Site site, int fd, SVCXPRT* made) {
  if (made != nullptr && fd == any_socket) force_after(site, *reinterpret_cast<const int*>(made));
  return made;
}

}  // namespace

INTERPOSE(CLIENT*, clnttcp_create, sockaddr_in* address, unsigned long program, unsigned long version, int* fd,
          unsigned send_size, unsigned receive_size) {
  return client(HERE(clnttcp_create), fd,
                [=] { return next_clnttcp_create(address, program, version, fd, send_size, receive_size); });
}

INTERPOSE(CLIENT*, clntudp_create, sockaddr_in* address, unsigned long program, unsigned long version, timeval wait,
          int* fd) {
  return client(HERE(clntudp_create), fd, [=] { return next_clntudp_create(address, program, version, wait, fd); });
}

INTERPOSE(CLIENT*, clntudp_bufcreate, sockaddr_in* address, unsigned long program, unsigned long version, timeval wait,
          int* fd, unsigned send_size, unsigned receive_size) {
  return client(HERE(clntudp_bufcreate), fd,
                [=] { return next_clntudp_bufcreate(address, program, version, wait, fd, send_size, receive_size); });
}

INTERPOSE(CLIENT*, clntunix_create, void* address, unsigned long program, unsigned long version, int* fd,
          unsigned send_size, unsigned receive_size) {
  return client(HERE(clntunix_create), fd,
                [=] { return next_clntunix_create(address, program, version, fd, send_size, receive_size); });
}

INTERPOSE(SVCXPRT*, svctcp_create, int fd, unsigned send_size, unsigned receive_size) {
  return server(HERE(svctcp_create), fd, next_svctcp_create(fd, send_size, receive_size));
}

INTERPOSE(SVCXPRT*, svcudp_create, int fd) { return server(HERE(svcudp_create), fd, next_svcudp_create(fd)); }

INTERPOSE(SVCXPRT*, svcudp_bufcreate, int fd, unsigned send_size, unsigned receive_size) {
  return server(HERE(svcudp_bufcreate), fd, next_svcudp_bufcreate(fd, send_size, receive_size));
}

INTERPOSE(SVCXPRT*, svcunix_create, int fd, unsigned send_size, unsigned receive_size, char* path) {
  return server(HERE(svcunix_create), fd, next_svcunix_create(fd, send_size, receive_size, path));
}
