// SPDX-License-Identifier: Apache-2.0
//
// Families dup and dup2: a second number for what is open already.

#include <cstdarg>

#include "shim/interpose.h"

using namespace cloexec;

namespace {

using Pointer = void*;

int duplicated_from(Site site, Next<decltype(fcntl)> next, int fd, void* argument) {
  return make_fast_by_substitute(
      site, as_number, Retry::if_refused_or_invalid, next,
      [=](auto* function) { return function(fd, F_DUPFD_CLOEXEC, argument); },
      [=] { return next(fd, F_DUPFD, argument); });
}

/// dup2(2) onto the same number is a no-op that leaves the flag alone; dup3 calls it an error.
int duplicated_onto(Site site, Next<decltype(dup2)> next, int from, int to) {
  if (from == to || is_exempt(to)) return next(from, to);
  site = site.onto(to);
  return make_fast_by_substitute(
      site, as_number, Retry::if_refused_or_invalid, next_dup3,
      [=](auto* function) { return function(from, to, O_CLOEXEC); }, [=] { return next(from, to); });
}

}  // namespace

INTERPOSE(int, dup, int fd) noexcept {
  return make_fast_by_substitute(
      HERE(dup), as_number, Retry::if_refused_or_invalid, next_fcntl,
      [=](auto* function) { return function(fd, F_DUPFD_CLOEXEC, 0L); }, [=] { return next_dup(fd); });
}

// fcntl(2) takes one long or pointer, or nothing; it is handed on as it came.

INTERPOSE(int, fcntl, int fd, int command, ...) {
  OPTIONAL_ARGUMENT(Pointer, argument, command);
  if (command == F_DUPFD) return duplicated_from(HERE(fcntl), next_fcntl, fd, argument);
  return next_fcntl(fd, command, argument);
}

INTERPOSE(int, fcntl64, int fd, int command, ...) {
  OPTIONAL_ARGUMENT(Pointer, argument, command);
  if (command == F_DUPFD) return duplicated_from(HERE(fcntl64), next_fcntl64, fd, argument);
  return next_fcntl64(fd, command, argument);
}

INTERPOSE(int, __fcntl, int fd, int command, ...) {
  OPTIONAL_ARGUMENT(Pointer, argument, command);
  if (command == F_DUPFD) return duplicated_from(HERE(__fcntl), next___fcntl, fd, argument);
  return next___fcntl(fd, command, argument);
}

#ifdef __i386__
INTERPOSE(int, __fcntl_time64, int fd, int command, ...) {
  OPTIONAL_ARGUMENT(Pointer, argument, command);
  if (command == F_DUPFD) return duplicated_from(HERE(__fcntl_time64), next___fcntl_time64, fd, argument);
  return next___fcntl_time64(fd, command, argument);
}
#endif

INTERPOSE(int, dup2, int from, int to) noexcept { return duplicated_onto(HERE(dup2), next_dup2, from, to); }

INTERPOSE(int, __dup2, int from, int to) noexcept { return duplicated_onto(HERE(__dup2), next___dup2, from, to); }

INTERPOSE(int, dup3, int from, int to, int flags) noexcept {
  if (is_exempt(to)) return next_dup3(from, to, flags);
  // glibc and the kernel refuse flags that they do not know, musl 1.2.3 does not look at them.
  if ((flags & ~O_CLOEXEC) != 0) {
    const int fd = next_dup3(from, to, flags);
    force_after(HERE(dup3).onto(to), fd);
    return fd;
  }
  return make_fast_with_flag(HERE(dup3), as_number, Retry::if_refused_or_invalid, next_dup3, flags, O_CLOEXEC,
                             [=](auto* next, int forced) { return next(from, to, forced); });
}
