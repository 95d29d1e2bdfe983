// SPDX-License-Identifier: Apache-2.0
//
// Family socket: the sockets that SunRPC clients and servers make for themselves when they are given none. libtirpc
// asks libc's socket(), which is interposed; what is left is the old code inside glibc, which old binaries call.

#include "shim/interpose/interpose.h"

using namespace cloexec;

namespace {

constexpr int any_socket = -1;  // RPC_ANYSOCK: rpc_svc_create(3)

/// A client stores the socket that it made where it found that it had none. A timeval is passed as its ABI has it.
template <typename Next, typename... Arguments>
CLIENT* client(Next next, int* fd, const Site& site, Arguments... arguments) {
  const bool makes_one = fd != nullptr && *fd < 0;
  CLIENT* made = next(arguments...);
  if (made != nullptr && makes_one) force_if_made(site, *fd);
  return made;
}

/// A server's socket is the first member of its handle (xp_fd or xp_sock in rpc/svc.h).
SVCXPRT* server(int fd, Word b, Word c, Word d, Call call, const void* caller) {
  const auto next = reinterpret_cast<SVCXPRT* (*)(int, ...)>(get_pointer_next(symbol_of(call)));
  SVCXPRT* made = next(fd, b, c, d);
  if (made != nullptr && fd == any_socket) force_if_made({call, caller}, *reinterpret_cast<const int*>(made));
  return made;
}

}  // namespace

INTERPOSE(CLIENT*, clnttcp_create, sockaddr_in* address, unsigned long program, unsigned long version, int* fd,
          unsigned send_size, unsigned receive_size) {
  return client(next_clnttcp_create, fd, HERE(clnttcp_create), address, program, version, fd, send_size, receive_size);
}

INTERPOSE(CLIENT*, clntudp_create, sockaddr_in* address, unsigned long program, unsigned long version, timeval wait,
          int* fd) {
  return client(next_clntudp_create, fd, HERE(clntudp_create), address, program, version, wait, fd);
}

INTERPOSE(CLIENT*, clntudp_bufcreate, sockaddr_in* address, unsigned long program, unsigned long version, timeval wait,
          int* fd, unsigned send_size, unsigned receive_size) {
  return client(next_clntudp_bufcreate, fd, HERE(clntudp_bufcreate), address, program, version, wait, fd, send_size,
                receive_size);
}

INTERPOSE(CLIENT*, clntunix_create, void* address, unsigned long program, unsigned long version, int* fd,
          unsigned send_size, unsigned receive_size) {
  return client(next_clntunix_create, fd, HERE(clntunix_create), address, program, version, fd, send_size,
                receive_size);
}

INTERPOSE(SVCXPRT*, svctcp_create, int fd, unsigned send_size, unsigned receive_size) {
  return server(fd, to_word(send_size), to_word(receive_size), 0, Call::svctcp_create, CALLER);
}

INTERPOSE(SVCXPRT*, svcudp_create, int fd) { return server(fd, 0, 0, 0, Call::svcudp_create, CALLER); }

INTERPOSE(SVCXPRT*, svcudp_bufcreate, int fd, unsigned send_size, unsigned receive_size) {
  return server(fd, to_word(send_size), to_word(receive_size), 0, Call::svcudp_bufcreate, CALLER);
}

INTERPOSE(SVCXPRT*, svcunix_create, int fd, unsigned send_size, unsigned receive_size, char* path) {
  return server(fd, to_word(send_size), to_word(receive_size), to_word(path), Call::svcunix_create, CALLER);
}
