// SPDX-License-Identifier: Apache-2.0
//
// Family pty: pseudoterminals. openpty(3) and forkpty(3) take no flags and are put together from what does, in the
// steps of glibc's login/openpty.c and login/forkpty.c.

#include <termios.h>

#include <climits>
#include <cstring>

#include "include/cloexec.h"
#include "shim/interpose.h"
#include "shim/start.h"

using namespace cloexec;

namespace {

constexpr unsigned long get_peer = TIOCGPTPEER;  // ioctl_tty(2)
constexpr unsigned long set_size = TIOCSWINSZ;

/// The terminal's other end, without its path where the kernel can (Linux 4.13): the path may be another mount's.
int open_peer(int master, const char* path) {
  const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
  const int fd = next_ioctl(master, get_peer, flags);
  return fd >= 0 ? fd : next_open(path, flags);
}

/// openpty(3), both ends close-on-exec.
int open_pair(int* ends, char* name, const termios* attributes, const winsize* size) {
  char path[PATH_MAX];
  ends[0] = next_posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ends[0] < 0) return -1;
  const bool ready =
      next_grantpt(ends[0]) == 0 && next_unlockpt(ends[0]) == 0 && next_ptsname_r(ends[0], path, sizeof path) == 0;
  ends[1] = ready ? open_peer(ends[0], path) : -1;
  if (ends[1] < 0) {
    const int error = errno;
    next_close(ends[0]);
    errno = error;
    return -1;
  }
  if (attributes != nullptr) next_tcsetattr(ends[1], TCSAFLUSH, attributes);
  if (size != nullptr) next_ioctl(ends[1], set_size, size);
  if (name != nullptr) std::memcpy(name, path, std::strlen(path) + 1);
  return 0;
}

int opened_pair(Site site, int* ends, char* name, const termios* attributes, const winsize* size) {
  const int error_before = errno;
  const int result = make(site, as_pair(ends), Retry::if_refused_or_invalid, [=](bool form) {
    return form == atomic ? open_pair(ends, name, attributes, size)
                          : next_openpty(ends, ends + 1, name, attributes, size);
  });
  if (result == 0) errno = error_before;
  return result;
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
  const int result = opened_pair(HERE(openpty), ends, name, attributes, size);
  if (result != 0) return result;
  *master = ends[0];
  *terminal = ends[1];
  return 0;
}

/// The child's terminal becomes its 0 to 2, which stay inheritable.
INTERPOSE(int, forkpty, int* master, char* name, const termios* attributes, const winsize* size) noexcept {
  int ends[2];
  if (opened_pair(HERE(forkpty), ends, name, attributes, size) != 0) return -1;
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

#ifdef __i386__
INTERPOSE_VARIADIC(int, __ioctl_time64, int fd, unsigned long request, void* argument) {
  if (fd == -1 && request == CLOEXEC_DEFAULT_REQUEST) return answer_default(reinterpret_cast<std::intptr_t>(argument));
  return make_by<flag(Call::__ioctl_time64, 2, O_CLOEXEC)>(CALLER, fd, request, argument);
}
#endif
