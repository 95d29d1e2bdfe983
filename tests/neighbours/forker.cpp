// SPDX-License-Identifier: Apache-2.0
//
// Forks while other threads are inside the wrappers and dlsym. Each child makes descriptors by every call that may be
// made there and ends; one that hangs is ended by its own alarm. Prints "children=300 ended=300 inheritable=0".
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/creations.h"

namespace {

constexpr int children = 300;

int inheritable = 0;

/// In the child of a program with threads only what is async-signal-safe may be called: no streams, no shell, no pty.
constexpr std::string_view safe[] = {"open",    "openat",  "creat",        "dup",    "F_DUPFD",    "dup2",
                                     "dup3",    "pipe",    "pipe2",        "socket", "socketpair", "accept",
                                     "accept4", "recvmsg", "epoll_create", "eventfd"};

bool is_safe(const char* name) {
  for (const std::string_view one : safe)
    if (one == name) return true;
  return false;
}

int make_all() {
  int failed = 0;
  for (const Creation& creation : creations()) {
    if (!is_safe(creation.name)) continue;
    failed += creation.make([](int fd) { inheritable += (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0; }) != 0;
  }
  return failed;
}

int in_child() {
  alarm(20);
  inheritable = 0;
  return make_all() != 0 ? 2 : inheritable != 0 ? 1 : 0;
}

void keep_busy(const std::atomic<bool>& done) {
  while (!done) {
    for (const char* const name : {"open", "fopen", "socket", "nothing_of_this_name"}) dlsym(RTLD_NEXT, name);
    for (const Creation& creation : creations())
      if (is_safe(creation.name)) creation.make([](int) {});
  }
}

}  // namespace

int main() {
  // What the creations need is made once, under a guard that a child would find locked for ever.
  if (make_all() != 0) return 2;
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(keep_busy, std::cref(done));
  int ended = 0, leaky = 0;
  for (int i = 0; i < children; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(in_child());
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child) break;
    ended += WIFEXITED(status) && WEXITSTATUS(status) <= 1;
    leaky += WIFEXITED(status) && WEXITSTATUS(status) == 1;
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  std::printf("children=%d ended=%d inheritable=%d\n", children, ended, leaky);
  return ended == children && leaky == 0 ? 0 : 1;
}
