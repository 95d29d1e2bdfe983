// SPDX-License-Identifier: Apache-2.0
//
// Family pty: pseudoterminals. openpty(3) and forkpty(3) take no flags and are put together from what does: forkpty in
// the steps of glibc's login/forkpty.c, openpty in make/pseudoterminal.cpp.

#include <cerrno>

#include "include/cloexec.h"
#include "shim/decide/settings.h"
#include "shim/host/raw_syscall.h"
#include "shim/interpose/interpose.h"
#include "shim/process/start.h"

using namespace cloexec;

namespace {

consteval Recipe pair_recipe(Call call) {
  return by_way(Way::openpty, call, Call::openpty).giving(Outcome::pair).about(0);
}

/// cloexec.h: what is asked or told of the default at run time.
int answer_default(std::intptr_t argument) {
  if (argument == 2 || argument == 3) switch_default(argument == 3);
  return is_enforcing() ? 1 : 0;
}

}  // namespace

INTERPOSE(int, posix_openpt, int flags) { return make_by<flag(Call::posix_openpt, 0, O_CLOEXEC)>(CALLER, flags); }

INTERPOSE_ROUTED(int, getpt) {
  return make_by<substitute(Call::getpt, Call::posix_openpt, 0, O_RDWR | O_CLOEXEC)>(CALLER);
}

INTERPOSE(int, openpty, int* master, int* terminal, char* name, const termios* attributes, const winsize* size)
noexcept {
  int ends[2];
  const int result = make_by<pair_recipe(Call::openpty)>(CALLER, ends, ends + 1, name, attributes, size);
  if (result != 0) return result;
  *master = ends[0];
  *terminal = ends[1];
  return 0;
}

/// The child's terminal becomes its 0 to 2, which stay inheritable.
INTERPOSE(int, forkpty, int* master, char* name, const termios* attributes, const winsize* size) noexcept {
  int ends[2];
  if (make_by<pair_recipe(Call::forkpty)>(CALLER, ends, ends + 1, name, attributes, size) != 0) return -1;
  const pid_t child = fork_by(next_fork);
  if (child == 0) {
    forget_forced(ends[0]);
    if (ends[1] > 2) forget_forced(ends[1]);
    next_close(ends[0]);
    if (next_login_tty(ends[1]) != 0) raw_syscall(__NR_exit_group, 1);
    return 0;
  }
  const int error = errno;
  forget_forced(ends[1]);
  next_close(ends[1]);
  if (child < 0) {
    forget_forced(ends[0]);
    next_close(ends[0]);
  }
  errno = error;
  if (child > 0) *master = ends[0];
  return child;
}

INTERPOSE_VARIADIC(int, ioctl, int fd, unsigned long request, void* argument) {
  if (fd == -1 && request == CLOEXEC_DEFAULT_REQUEST) return answer_default(reinterpret_cast<std::intptr_t>(argument));
  return make_by<flag(Call::ioctl, 2, O_CLOEXEC)>(CALLER, fd, request, argument);
}

#ifndef __LP64__
INTERPOSE_VARIADIC(int, __ioctl_time64, int fd, unsigned long request, void* argument) {
  if (fd == -1 && request == CLOEXEC_DEFAULT_REQUEST) return answer_default(reinterpret_cast<std::intptr_t>(argument));
  return make_by<flag(Call::__ioctl_time64, 2, O_CLOEXEC)>(CALLER, fd, request, argument);
}
#endif
