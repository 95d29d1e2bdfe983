// SPDX-License-Identifier: Apache-2.0
//
// Children that are told nothing, while another thread gives a descriptor to programs that are told it.
//
//   beside WAY COUNT    until there were COUNT of each; prints "enough=yes got=0 failed=0"; got: 0, some, all
//
// WAY: fork, vfork, clone; by number: number-fork, number-clone, number-clone3

#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "starts.h"

namespace {

constexpr char self[] = "/proc/self/exe";
constexpr int file = 3;
int wanted = 0;
std::atomic<int> told = 0;
std::atomic<bool> is_over = false;
alignas(16) char stack[1 << 16];

void* tell(void*) {
  char name[] = "beside";
  char look[] = "look";
  char option[] = "--pass-fd=3";
  char* arguments[] = {name, look, option, nullptr};
  while (!is_over) {
    pid_t child = -1;
    if (posix_spawn(&child, self, nullptr, nullptr, arguments, environ) != 0) abort();
    wait_for(child);
    ++told;
  }
  return nullptr;
}

int look(void*) {
  execl(self, "beside", "look", nullptr);
  _exit(9);
}

/// In the child it does not return.
pid_t start(const std::string& way) {
  long child = -1;
  clone_args arguments = {};
  arguments.exit_signal = SIGCHLD;
  if (way == "fork") child = fork();
  if (way == "vfork") child = vfork();
  if (way == "clone") child = clone(look, stack + sizeof stack, SIGCHLD, nullptr);
#ifdef SYS_fork
  if (way == "number-fork") child = syscall(SYS_fork);
#endif
  if (way == "number-clone") child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (way == "number-clone3") child = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) look(nullptr);
  return static_cast<pid_t>(child);
}

}  // namespace

int main(int count, char** arguments) {
  if (count >= 2 && std::strcmp(arguments[1], "look") == 0) return fcntl(file, F_GETFD) >= 0 ? 1 : 0;
  if (count < 3 || open("/etc/passwd", O_RDONLY) != file) return 2;
  wanted = std::atoi(arguments[2]);
  pthread_t thread;
  if (pthread_create(&thread, nullptr, tell, nullptr) != 0) return 1;
  int untold = 0;
  int got = 0;
  int failed = 0;
  while (untold < wanted || told < wanted) {
    const pid_t child = start(arguments[1]);
    const int status = child > 0 ? wait_for(child) : -1;
    ++untold;
    got += status == 0x100;
    failed += status != 0 && status != 0x100;
  }
  is_over = true;
  pthread_join(thread, nullptr);
  std::printf("enough=%s got=%s failed=%d\n", untold >= wanted && told >= wanted ? "yes" : "no",
              got == 0 ? "0" : (got == untold ? "all" : "some"), failed);
}
