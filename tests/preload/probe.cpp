// SPDX-License-Identifier: Apache-2.0
//
// Does what its arguments say, one after the other, and prints what came of each: "open 3 1" is descriptor 3 with
// FD_CLOEXEC, "open -1 EBADF" a failure. The tests read these lines.

#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

void say(const std::string& what, int fd) {
  std::string line = what + " " + std::to_string(fd) + " ";
  line += fd < 0 ? strerrorname_np(errno) : std::to_string(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  line += "\n";
  // Standard output may be what a test has closed: the answer goes to a copy of it.
  if (write(100, line.data(), line.size()) < 0) abort();
}

using Open = int (*)(const char*, int, ...);

void act(const std::string& verb, int number) {
  if (verb == "open") return say(verb, open("/dev/null", O_RDWR));
  if (verb == "open-cloexec") return say(verb, open("/dev/null", O_RDWR | O_CLOEXEC));
  if (verb == "fopen") return say(verb, fileno(fopen("/dev/null", "r")));
  if (verb == "freopen-stdin") return say(verb, fileno(freopen("/dev/null", "r", stdin)));
  if (verb == "socket") return say(verb, socket(AF_UNIX, SOCK_STREAM, 0));
  if (verb == "dup") return say(verb, dup(number));
  if (verb == "dup2") return say(verb, dup2(100, number));
  if (verb == "dup2-same") return say(verb, dup2(number, number));
  if (verb == "close") return static_cast<void>(close(number));
  if (verb == "clear") return static_cast<void>(fcntl(number, F_SETFD, 0));
  if (verb == "fionclex") return static_cast<void>(ioctl(number, FIONCLEX));
  if (verb == "flag") return say(verb, number);
  if (verb == "dlsym-default") return say(verb, reinterpret_cast<Open>(dlsym(RTLD_DEFAULT, "open"))("/dev/null", 0));
  if (verb == "dlsym-next") return say(verb, reinterpret_cast<Open>(dlsym(RTLD_NEXT, "open"))("/dev/null", 0));
  if (verb == "forget-environment") return static_cast<void>(clearenv());
  if (verb == "pipe") {
    int ends[2];
    if (pipe(ends) != 0) return say(verb, -1);
    say(verb, ends[0]);
    return say(verb, ends[1]);
  }
  if (verb == "bad-pipe") {
    int* nowhere = reinterpret_cast<int*>(8);
    return say(verb, pipe(nowhere));
  }
  if (verb == "nftw-exec-list") {
    // docs/limitations.md: the directory that the walk came from is libc's own. ls opens one more itself.
    nftw(
        "/proc/self/attr",
        [](const char*, const struct stat*, int, struct FTW*) {
          return execl("/bin/ls", "ls", "/proc/self/fd", nullptr);
        },
        4, FTW_CHDIR | FTW_PHYS);
  }
  if (verb == "exec-list") {
    // What reaches a program that this one becomes. ls itself opens the directory: one more than it was given.
    execl("/bin/ls", "ls", "/proc/self/fd", nullptr);
  }
  std::fprintf(stderr, "probe: cannot '%s'\n", verb.c_str());
  std::exit(2);
}

}  // namespace

int main(int count, char** arguments) {
  if (fcntl(1, F_DUPFD_CLOEXEC, 100) != 100) return 3;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    const auto colon = word.find(':');
    act(word.substr(0, colon), colon == std::string::npos ? -1 : std::atoi(word.c_str() + colon + 1));
  }
}
