// SPDX-License-Identifier: Apache-2.0
//
// Families dup and dup2: a second number for what is open already.

#include <cstdarg>

#include "shim/interpose.h"

using namespace cloexec;

namespace {

using Pointer = void*;

/// The commands after which the flag is the program's own business: F_SETFD of `fd`, F_DUPFD_CLOEXEC of what it makes.
int noted(int fd, int command, int result) {
  if (command == F_SETFD && result == 0) note_forced(fd, false);
  if (command == F_DUPFD_CLOEXEC) note_forced(result, false);
  return result;
}

/// fcntl(2) takes one long or pointer, or nothing; it is handed on as it came.
template <Call call>
int controlled(const void* caller, auto next, int fd, int command, void* argument) {
  if (command != F_DUPFD) return noted(fd, command, next(fd, command, argument));
  return make_by<substitute(call, call, 1, F_DUPFD_CLOEXEC)>(caller, fd, command, argument);
}

/// dup2(2) onto the same number is a no-op that leaves the flag alone; dup3 calls it an error. But where a program may
/// put descriptors for its children, it takes one that is there already for inheritable, since without us it is.
int duplicated_in_place(Site site, Next<decltype(dup2)> next, int fd) {
  const int result = next(fd, fd);
  if (result >= 0 && is_forced(fd) && stays_inheritable(site.onto(fd), fd)) {
    set_close_on_exec(fd, false);
    note_forced(fd, false);
  }
  return result;
}

}  // namespace

INTERPOSE(int, dup, int fd) noexcept {
  return make_fast_by_substitute(
      HERE(dup), as_number, Retry::if_refused_or_invalid, next_fcntl,
      [=](auto* function) { return function(fd, F_DUPFD_CLOEXEC, 0L); }, [=] { return next_dup(fd); });
}

INTERPOSE(int, fcntl, int fd, int command, ...) {
  OPTIONAL_ARGUMENT(Pointer, argument, command);
  return controlled<Call::fcntl>(CALLER, next_fcntl, fd, command, argument);
}

INTERPOSE(int, fcntl64, int fd, int command, ...) {
  OPTIONAL_ARGUMENT(Pointer, argument, command);
  return controlled<Call::fcntl64>(CALLER, next_fcntl64, fd, command, argument);
}

INTERPOSE(int, __fcntl, int fd, int command, ...) {
  OPTIONAL_ARGUMENT(Pointer, argument, command);
  return controlled<Call::__fcntl>(CALLER, next___fcntl, fd, command, argument);
}

#ifdef __i386__
INTERPOSE(int, __fcntl_time64, int fd, int command, ...) {
  OPTIONAL_ARGUMENT(Pointer, argument, command);
  return controlled<Call::__fcntl_time64>(CALLER, next___fcntl_time64, fd, command, argument);
}
#endif

INTERPOSE(int, dup2, int from, int to) noexcept {
  if (from == to) return duplicated_in_place(HERE(dup2), next_dup2, to);
  if (is_exempt(to)) return next_dup2(from, to);
  return make_fast_by_substitute(
      HERE(dup2).onto(to), as_number, Retry::if_refused_or_invalid, next_dup3,
      [=](auto* function) { return function(from, to, O_CLOEXEC); }, [=] { return next_dup2(from, to); });
}

INTERPOSE(int, __dup2, int from, int to) noexcept {
  if (from == to) return duplicated_in_place(HERE(__dup2), next___dup2, to);
  if (is_exempt(to)) return next___dup2(from, to);
  return make_by<substitute(Call::__dup2, Call::dup3, 2, O_CLOEXEC).about(1)>(CALLER, from, to);
}

INTERPOSE(int, dup3, int from, int to, int flags) noexcept {
  if (is_exempt(to)) return next_dup3(from, to, flags);
  // glibc and the kernel refuse flags that they do not know, musl 1.2.3 does not look at them.
  if ((flags & ~O_CLOEXEC) != 0) {
    const int fd = next_dup3(from, to, flags);
    force_after(HERE(dup3).onto(to), fd);
    return fd;
  }
  return make_by<flag(Call::dup3, 2, O_CLOEXEC).about(1)>(CALLER, from, to, flags);
}
