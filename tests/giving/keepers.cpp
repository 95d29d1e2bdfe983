// SPDX-License-Identifier: Apache-2.0
//
// What libc opens for itself, marks and keeps, at a number that the shim had forced before; and the streams that a
// program asks to be marked. Prints "kept 3" for each descriptor that is open then, and starts the lister, which is
// told all numbers.
//
//   keepers WHAT WAY

#include <dirent.h>
#include <fcntl.h>
#include <fstab.h>
#include <grp.h>
#include <mntent.h>
#include <netdb.h>
#include <pwd.h>
#include <shadow.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>
#include <utmpx.h>

#include <cstdio>
#include <cstring>

#include "starts.h"

// glibc 2.36 forgot to say so.
extern "C" {
#include <sys/pidfd.h>
}

namespace {

constexpr int first = 3;
constexpr int numbers = 12;

bool get_by_pidfd() {
  const int self = pidfd_open(getpid(), 0);
  const bool is_made = pidfd_getfd(self, 0, 0) >= 0;
  close(self);
  return is_made;
}

bool keep(const std::string& what) {
  if (what == "setmntent") return setmntent("/etc/group", "r") != nullptr;
  if (what == "setfsent") return setfsent() != 0;
  if (what == "getpwent") return getpwent() != nullptr;
  if (what == "getgrent") return getgrent() != nullptr;
  if (what == "getspent") return getspent() != nullptr || getuid() != 0;
  if (what == "getutent") return utmpname("/etc/group") == 0 && (setutent(), getutent() != nullptr);
  if (what == "getutxent") return utmpxname("/etc/group") == 0 && (setutxent(), getutxent() != nullptr);
  if (what == "setservent") return setservent(1), getservbyport(0x1600, nullptr) != nullptr;
  if (what == "getservent") return getservent() != nullptr;
  if (what == "getprotoent") return getprotoent() != nullptr;
  if (what == "gethostent") return gethostent() != nullptr;
  if (what == "fopen") return std::fopen("/etc/group", "re") != nullptr;
  if (what == "freopen") return std::freopen("/etc/group", "re", std::fopen("/etc/passwd", "re")) != nullptr;
  if (what == "popen") return popen("sleep 0.2", "re") != nullptr;
  if (what == "opendir") return opendir("/") != nullptr;
  if (what == "pidfd_getfd") return get_by_pidfd();
  return false;
}

void force_and_close() {
  for (int i = 0; i < numbers; ++i) open("/etc/passwd", O_RDONLY);
  for (int i = 0; i < numbers; ++i) close(first + i);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  force_and_close();
  if (!keep(arguments[1])) return 3;
  std::vector<int> all;
  for (int fd = first; fd < first + numbers; ++fd) {
    all.push_back(fd);
    if (fcntl(fd, F_GETFD) >= 0) std::printf("kept %d\n", fd);
  }
  std::fflush(stdout);
  return start_lister(arguments[2], all) ? 0 : 1;
}
