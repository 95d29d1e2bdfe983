// SPDX-License-Identifier: Apache-2.0
//
// Families socket and accept: the plain system calls. Libc's own protocols are in rcmd.cpp and rpc.cpp.

#include "shim/interpose/interpose.h"

using namespace cloexec;

INTERPOSE(int, socket, int domain, int type, int protocol) noexcept {
  return make_quickly<flag(Call::socket, 1, SOCK_CLOEXEC)>(domain, type, protocol);
}

INTERPOSE(int, socketpair, int domain, int type, int protocol, int ends[2]) noexcept {
  return make_by<flag(Call::socketpair, 1, SOCK_CLOEXEC).giving(Outcome::pair).about(3)>(CALLER, domain, type, protocol,
                                                                                         ends);
}

INTERPOSE(int, accept, int fd, sockaddr* address, socklen_t* length) {
  constexpr Recipe recipe =
      substitute(Call::accept, Call::accept4, 3, SOCK_CLOEXEC).retried(Retry::if_accept4_is_refused);
  if (is_bad_length(address, length)) return make_by<recipe>(CALLER, fd, address, length);
  return make_quickly<recipe>(fd, address, length, 0);
}

INTERPOSE(int, accept4, int fd, sockaddr* address, socklen_t* length, int flags) {
  constexpr Recipe recipe = flag(Call::accept4, 3, SOCK_CLOEXEC).retried(Retry::if_accept4_is_refused);
  if (is_bad_length(address, length)) return make_by<recipe>(CALLER, fd, address, length, flags);
  return make_quickly<recipe>(fd, address, length, flags);
}
