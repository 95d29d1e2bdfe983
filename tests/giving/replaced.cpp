// SPDX-License-Identifier: Apache-2.0
//
// A handler that comes as a call returns a descriptor puts a secret, which it marks, at that very number: dup3(2) onto
// it, or close(2) and open(2). Whenever the secret lies there a program is told the number.
//
//   replaced HOW COUNT    until that was so COUNT times; prints "met=100 given=0"
//
// HOW: a call that makes a descriptor, see below.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "starts.h"

extern "C" int __dup2(int from, int to);

namespace {

constexpr char secret[] = "/etc/group";
constexpr int file = 3;
constexpr int number = 4;

int marked = -1;

void put_onto(int) {
  const int error = errno;
  dup3(marked, number, O_CLOEXEC);
  errno = error;
}

void open_there(int) {
  const int error = errno;
  close(number);
  open(secret, O_RDONLY | O_CLOEXEC);
  errno = error;
}

bool is_secret(int fd) {
  struct stat found;
  struct stat wanted;
  return fstat(fd, &found) == 0 && stat(secret, &wanted) == 0 && found.st_dev == wanted.st_dev &&
         found.st_ino == wanted.st_ino;
}

struct Maker {
  const char* name;
  void (*make)();
  void (*handle)(int);
};

void close_pair(const int* pair) {
  // The first is what the handler may have replaced.
  close(pair[1]);
}

constexpr Maker makers[] = {
    {"dup2", [] { dup2(file, number); }, put_onto},
    {"__dup2", [] { __dup2(file, number); }, put_onto},
    {"dup3", [] { dup3(file, number, 0); }, put_onto},
    {"dup3-number", [] { syscall(SYS_dup3, file, number, 0); }, put_onto},
    {"dup", [] { static_cast<void>(dup(file)); }, open_there},
    {"fcntl", [] { fcntl(file, F_DUPFD, 0); }, open_there},
    {"open", [] { open("/etc/passwd", O_RDONLY); }, open_there},
    {"openat-number", [] { syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY); }, open_there},
    {"fopen", [] { static_cast<void>(std::fopen("/etc/passwd", "r")); }, open_there},
    {"socket", [] { socket(AF_UNIX, SOCK_STREAM, 0); }, open_there},
    {"pipe",
     [] {
       int ends[2];
       if (pipe(ends) == 0) close_pair(ends);
     },
     open_there},
    {"socketpair",
     [] {
       int ends[2];
       if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) close_pair(ends);
     },
     open_there},
};

const Maker* find_maker(const std::string& name) {
  for (const Maker& each : makers)
    if (name == each.name) return &each;
  return nullptr;
}

/// Whether the program that is told the number has the secret.
bool is_given() {
  const pid_t child = fork();
  if (child == 0) {
    execl("/proc/self/exe", "replaced", "look", "--pass-fd=4", nullptr);
    _exit(9);
  }
  const int status = wait_for(child);
  if (status != 0 && status != 0x100) abort();
  return status != 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  if (std::strcmp(arguments[1], "look") == 0) return is_secret(number) ? 1 : 0;
  const Maker* const maker = find_maker(arguments[1]);
  if (maker == nullptr || open("/etc/passwd", O_RDONLY) != file) return 2;
  marked = fcntl(open(secret, O_RDONLY | O_CLOEXEC), F_DUPFD_CLOEXEC, 100);
  close(number);
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  signal(SIGALRM, maker->handle);
  const itimerval often = {{0, 100}, {0, 100}};
  setitimer(ITIMER_REAL, &often, nullptr);
  int given = 0;
  int met = 0;
  for (const int wanted = std::atoi(arguments[2]); met < wanted;) {
    maker->make();
    sigprocmask(SIG_BLOCK, &alarm, nullptr);
    if (is_secret(number)) {
      ++met;
      given += is_given() ? 1 : 0;
    }
    close(number);
    sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
    // The handler may have come here, and opened.
    sigprocmask(SIG_BLOCK, &alarm, nullptr);
    close(number);
    sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
  }
  sigprocmask(SIG_BLOCK, &alarm, nullptr);
  std::printf("met=%d given=%d\n", met, given);
}
