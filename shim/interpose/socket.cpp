// SPDX-License-Identifier: Apache-2.0
//
// Families socket and accept: the plain system calls. Libc's own protocols are in rcmd.cpp and rpc.cpp.

#include "shim/interpose.h"

using namespace cloexec;

namespace {

/// The kernel says EINVAL of a negative length when it has taken the connection, and musl's accept4 then accepts
/// another one unless its flags are 0. There is no descriptor to mark in any case.
bool must_be_left_to_musl(const sockaddr* address, const socklen_t* length) {
  return address != nullptr && length != nullptr && next_gnu_get_libc_version.is_absent() &&
         static_cast<int>(*length) < 0;
}

}  // namespace

/// Its arguments are put into memory at once, for the slow paths: to keep them in registers over the call costs more.
INTERPOSE(int, socket, int domain, int type, int protocol) noexcept {
  const int arguments[] = {domain, type, protocol};
  const auto forms = [&arguments](bool form) {
    return next_socket(arguments[0], arguments[1] | (form == atomic ? SOCK_CLOEXEC : 0), arguments[2]);
  };
  if ((type & SOCK_CLOEXEC) != 0) return static_cast<int>(make_as_asked(as_number, Forms(forms)));
  return make_fast(
      HERE(socket), as_number, Retry::if_refused_or_invalid, next_socket,
      [=](auto* next) { return next(domain, type | SOCK_CLOEXEC, protocol); }, forms);
}

INTERPOSE(int, socketpair, int domain, int type, int protocol, int ends[2]) noexcept {
  return make_by<flag(Call::socketpair, 1, SOCK_CLOEXEC).making(Shape::Kind::pair).about(3)>(CALLER, domain, type,
                                                                                             protocol, ends);
}

INTERPOSE(int, accept, int fd, sockaddr* address, socklen_t* length) {
  if (must_be_left_to_musl(address, length)) return next_accept(fd, address, length);
  return make_fast_by_substitute(
      HERE(accept), as_number, Retry::if_accept4_is_refused, next_accept4,
      [=](auto* function) { return function(fd, address, length, SOCK_CLOEXEC); },
      [=] { return next_accept(fd, address, length); });
}

INTERPOSE(int, accept4, int fd, sockaddr* address, socklen_t* length, int flags) {
  if (must_be_left_to_musl(address, length)) return next_accept4(fd, address, length, flags);
  return make_by<flag(Call::accept4, 3, SOCK_CLOEXEC).retried(Retry::if_accept4_is_refused)>(CALLER, fd, address,
                                                                                             length, flags);
}
