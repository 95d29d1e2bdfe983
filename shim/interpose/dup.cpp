// SPDX-License-Identifier: Apache-2.0
//
// Families dup and dup2: a second number for what is open already.

#include "shim/interpose/interpose.h"

using namespace cloexec;

INTERPOSE(int, dup, int fd) noexcept {
  return make_quickly<substitute(Call::dup, Call::fcntl, 1, F_DUPFD_CLOEXEC)>(fd, 0, 0L);
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

#ifndef __LP64__
INTERPOSE_VARIADIC(int, __fcntl_time64, int fd, int command, void* argument) {
  return make_by<substitute(Call::__fcntl_time64, Call::__fcntl_time64, 1, F_DUPFD_CLOEXEC)>(CALLER, fd, command,
                                                                                             argument);
}
#endif

INTERPOSE(int, dup2, int from, int to) noexcept {
  constexpr Recipe recipe = substitute(Call::dup2, Call::dup3, 2, O_CLOEXEC).about(1);
  if (from == to || !is_ordinary(to) || forced_table[to] == noted_marking) return make_by<recipe>(CALLER, from, to);
  if (is_vfork_child()) return make_by<recipe>(CALLER, from, to);
  const Stamp before = forced_table[to];
  forced_table[to] = 0;
  const int result = make_quickly<recipe>(from, to, 0);
  if (result < 0 && forced_table[to] == 0) forced_table[to] = before;
  return result;
}

INTERPOSE(int, __dup2, int from, int to) noexcept {
  return make_by<substitute(Call::__dup2, Call::dup3, 2, O_CLOEXEC).about(1)>(CALLER, from, to);
}

INTERPOSE(int, dup3, int from, int to, int flags) noexcept {
  return make_by<flag(Call::dup3, 2, O_CLOEXEC).about(1)>(CALLER, from, to, flags);
}
