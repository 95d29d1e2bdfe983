// SPDX-License-Identifier: Apache-2.0
//
// Families socket and accept: the plain system calls. Libc's own protocols are in rcmd.cpp and rpc.cpp.

#include "shim/interpose.h"

using namespace cloexec;

INTERPOSE(int, socket, int domain, int type, int protocol) noexcept {
  return make_fast_with_flag(HERE(socket), as_number, Retry::if_refused_or_invalid, next_socket, type, SOCK_CLOEXEC,
                             [=](auto* next, int forced) { return next(domain, forced, protocol); });
}

INTERPOSE(int, socketpair, int domain, int type, int protocol, int ends[2]) noexcept {
  return make_fast_with_flag(HERE(socketpair), as_pair(ends), Retry::if_refused_or_invalid, next_socketpair, type,
                             SOCK_CLOEXEC,
                             [=](auto* next, int forced) { return next(domain, forced, protocol, ends); });
}

INTERPOSE(int, accept, int fd, sockaddr* address, socklen_t* length) {
  return make_fast_by_substitute(
      HERE(accept), as_number, Retry::if_accept4_is_refused, next_accept4,
      [=](auto* function) { return function(fd, address, length, SOCK_CLOEXEC); },
      [=] { return next_accept(fd, address, length); });
}

INTERPOSE(int, accept4, int fd, sockaddr* address, socklen_t* length, int flags) {
  return make_fast_with_flag(HERE(accept4), as_number, Retry::if_accept4_is_refused, next_accept4, flags, SOCK_CLOEXEC,
                             [=](auto* next, int forced) { return next(fd, address, length, forced); });
}
