// SPDX-License-Identifier: Apache-2.0

#include "shim/make/pseudoterminal.h"

#include <termios.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "shim/host/next.h"

namespace cloexec {
namespace {

constexpr unsigned long get_peer = TIOCGPTPEER;  // ioctl_tty(2)
constexpr unsigned long set_size = TIOCSWINSZ;

/// The terminal's other end, without its path where the kernel can (Linux 4.13): the path may be another mount's.
int open_peer(int master, const char* path) {
  const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
  const int fd = next_ioctl(master, get_peer, flags);
  return fd >= 0 ? fd : next_open(path, flags);
}

}  // namespace

int open_terminal_pair(const Word* words) {
  int& master = *from_word<int*>(words[0]);
  int& terminal = *from_word<int*>(words[1]);
  char path[PATH_MAX];
  master = next_posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return -1;
  const bool is_ready =
      next_grantpt(master) == 0 && next_unlockpt(master) == 0 && next_ptsname_r(master, path, sizeof path) == 0;
  terminal = is_ready ? open_peer(master, path) : -1;
  if (terminal < 0) {
    const int error = errno;
    next_close(master);
    errno = error;
    return -1;
  }
  if (auto* const name = from_word<char*>(words[2]); name != nullptr) std::memcpy(name, path, std::strlen(path) + 1);
  if (auto* const wanted = from_word<const termios*>(words[3]); wanted != nullptr)
    next_tcsetattr(terminal, TCSAFLUSH, wanted);
  if (auto* const size = from_word<const winsize*>(words[4]); size != nullptr) next_ioctl(terminal, set_size, size);
  return 0;
}

}  // namespace cloexec
