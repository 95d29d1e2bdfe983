// SPDX-License-Identifier: Apache-2.0
//
// Families dup and dup2: a second number for what is open already.

#include "shim/interpose.h"

using namespace cloexec;

INTERPOSE(int, dup, int fd) noexcept {
  return make_fast<substitute(Call::dup, Call::fcntl, 1, F_DUPFD_CLOEXEC)>(fd, 0, 0L);
}

// fcntl(2) takes one long or pointer, or nothing; it is handed on as it came.

INTERPOSE_VARIADIC(int, fcntl, int fd, int command, void* argument) {
  return make_by<substitute(Call::fcntl, Call::fcntl, 1, F_DUPFD_CLOEXEC)>(CALLER, fd, command, argument);
}

INTERPOSE_VARIADIC(int, fcntl64, int fd, int command, void* argument) {
  return make_by<substitute(Call::fcntl64, Call::fcntl64, 1, F_DUPFD_CLOEXEC)>(CALLER, fd, command, argument);
}

INTERPOSE_VARIADIC(int, __fcntl, int fd, int command, void* argument) {
  return make_by<substitute(Call::__fcntl, Call::__fcntl, 1, F_DUPFD_CLOEXEC)>(CALLER, fd, command, argument);
}

#ifdef __i386__
INTERPOSE_VARIADIC(int, __fcntl_time64, int fd, int command, void* argument) {
  return make_by<substitute(Call::__fcntl_time64, Call::__fcntl_time64, 1, F_DUPFD_CLOEXEC)>(CALLER, fd, command,
                                                                                             argument);
}
#endif

INTERPOSE(int, dup2, int from, int to) noexcept {
  constexpr Recipe recipe = substitute(Call::dup2, Call::dup3, 2, O_CLOEXEC).about(1);
  if (from == to || !is_plain(to)) return make_by<recipe>(CALLER, from, to);
  return make_fast<recipe>(from, to, 0);
}

INTERPOSE(int, __dup2, int from, int to) noexcept {
  return make_by<substitute(Call::__dup2, Call::dup3, 2, O_CLOEXEC).about(1)>(CALLER, from, to);
}

INTERPOSE(int, dup3, int from, int to, int flags) noexcept {
  return make_by<flag(Call::dup3, 2, O_CLOEXEC).about(1)>(CALLER, from, to, flags);
}
