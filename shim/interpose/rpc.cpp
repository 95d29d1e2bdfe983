// SPDX-License-Identifier: Apache-2.0
//
// Family socket: the sockets that SunRPC clients and servers make for themselves when they are given none. libtirpc
// asks libc's socket(), which is interposed; what is left is the old code inside glibc, which old binaries call.

#include "shim/interpose/interpose.h"

using namespace cloexec;

namespace {

constexpr int any_socket = -1;  // RPC_ANYSOCK: rpc_svc_create(3)

/// A client stores the socket that it made where it found that it had none. It takes up to eight words, a timeval being
/// two: a word too many is not looked at.
CLIENT* client(Word a, Word b, Word c, Word d, Word e, Word f, Word g, Word h, int* fd, Call call, const void* caller) {
  const bool makes_one = fd != nullptr && *fd < 0;
  const auto next = reinterpret_cast<CLIENT* (*)(Word, ...)>(get_pointer_next(symbol_of(call)));
  CLIENT* made = next(a, b, c, d, e, f, g, h);
  if (made != nullptr && makes_one) force_if_made({call, caller}, *fd);
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
  return client(to_word(address), to_word(program), to_word(version), to_word(fd), to_word(send_size),
                to_word(receive_size), 0, 0, fd, Call::clnttcp_create, CALLER);
}

INTERPOSE(CLIENT*, clntudp_create, sockaddr_in* address, unsigned long program, unsigned long version, timeval wait,
          int* fd) {
  return client(to_word(address), to_word(program), to_word(version), wait.tv_sec, wait.tv_usec, to_word(fd), 0, 0, fd,
                Call::clntudp_create, CALLER);
}

INTERPOSE(CLIENT*, clntudp_bufcreate, sockaddr_in* address, unsigned long program, unsigned long version, timeval wait,
          int* fd, unsigned send_size, unsigned receive_size) {
  return client(to_word(address), to_word(program), to_word(version), wait.tv_sec, wait.tv_usec, to_word(fd),
                to_word(send_size), to_word(receive_size), fd, Call::clntudp_bufcreate, CALLER);
}

INTERPOSE(CLIENT*, clntunix_create, void* address, unsigned long program, unsigned long version, int* fd,
          unsigned send_size, unsigned receive_size) {
  return client(to_word(address), to_word(program), to_word(version), to_word(fd), to_word(send_size),
                to_word(receive_size), 0, 0, fd, Call::clntunix_create, CALLER);
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
