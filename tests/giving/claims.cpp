// SPDX-License-Identifier: Apache-2.0
//
// Ways to claim what is another's: each case starts the lister in a process that must not be given /dev/zero, or
// /dev/null which the program has marked itself.
//
//   claims CASE

#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <pty.h>
#include <pwd.h>
#include <sched.h>
#include <setjmp.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

#include "starts.h"

namespace {

sigjmp_buf before;
char stack[1 << 18];

int open_marked() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }
int open_plain() { return open("/dev/zero", O_RDONLY); }

[[noreturn]] void exec_told(std::vector<int> told) {
  start_lister("exec", told);
  _exit(4);
}

/// When the parent has ended.
[[noreturn]] void exec_as_orphan() {
  usleep(100000);
  exec_told({});
}

void await(pid_t child) { waitpid(child, nullptr, 0); }

void outlive_orphan() { usleep(300000); }

void fork_orphan() {
  if (fork() == 0) exec_as_orphan();
}

void* part_and_open(void*) {
  close_range(9, 9, CLOSE_RANGE_UNSHARE);
  dup2(open_plain(), 9);
  return nullptr;
}

bool is_in_handler = false;
void fork_in_handler() {
  if (is_in_handler) return;
  is_in_handler = true;
  fork_orphan();
  _exit(0);
}

void act(const std::string& what) {
  const int marked = what == "forkpty" ? -1 : open_marked();
  const int plain = what == "forkpty" ? -1 : open_plain();
  pid_t child = 0;
  if (what == "jump") {
    signal(SIGUSR1, [](int) { siglongjmp(before, 1); });
    if (sigsetjmp(before, 1) == 0 && vfork() == 0) dup2(plain, 9), kill(getppid(), SIGUSR1), _exit(0);
    close(plain);
    dup3(marked, 9, O_CLOEXEC);
    if (child = vfork(); child == 0) exec_told({9});
    await(child);
  }
  if (what == "nested") {
    if (child = vfork(); child == 0) {
      dup3(marked, 9, O_CLOEXEC);
      const pid_t its_child = vfork();
      if (its_child == 0) dup2(plain, 9), _exit(0);
      exec_told({9});
    }
    await(child);
  }
  if (what == "vfork-fork") {
    if (child = vfork(); child == 0) fork_orphan(), _exit(0);
    await(child);
    outlive_orphan();
  }
  if (what == "raw-fork") {
    if (child = static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); child == 0) fork_orphan(), _exit(0);
    await(child);
    outlive_orphan();
  }
  if (what == "handler-fork") {
    pthread_atfork(nullptr, nullptr, fork_in_handler);
    await(fork());
    outlive_orphan();
  }
  if (what == "parents-child") {
    if (child = fork(); child == 0) {
      close(plain);
      open_plain();
      clone([](void*) -> int { exec_told({}); }, stack + sizeof stack, CLONE_PARENT | SIGCHLD, nullptr);
      usleep(100000);
      _exit(0);
    }
    while (wait(nullptr) > 0) continue;
  }
  if (what == "unshare") {
    dup3(marked, 9, O_CLOEXEC);
    pthread_t thread;
    pthread_create(&thread, nullptr, part_and_open, nullptr);
    pthread_join(thread, nullptr);
    close(plain);
    exec_told({9});
  }
  if (what == "forkpty") {
    int master;
    if (child = forkpty(&master, nullptr, nullptr, nullptr); child == 0) _exit(0);
    await(child);
    close(master);
    open_plain();
    close(3);
    open_marked();  // 3
    setpwent();
    getpwent();  // libc's, where the terminal was
    exec_told({4});
  }
#ifdef SYS_vfork
  if (what == "numbered-vfork") {
    dup3(marked, 9, O_CLOEXEC);
    static long result;
    result = syscall(SYS_vfork);
    if (result == 0) dup2(plain, 9), _exit(0);
    await(static_cast<pid_t>(result));
    close(plain);
    exec_told({9});
  }
#endif
  if (what == "bad-clone3")
    std::printf("%s\n", syscall(SYS_clone3, 16L, 88L) == -1 && errno == EFAULT ? "arrived" : "what?");
}

}  // namespace

int main(int, char** arguments) {
  setvbuf(stdout, nullptr, _IONBF, 0);
  act(arguments[1]);
}
