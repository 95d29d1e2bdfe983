// SPDX-License-Identifier: Apache-2.0
//
// Whose a descriptor is: each case makes some here and in children, and starts the lister, which is told nothing. Bare
// all arrive. 3 is made before any fork; what a child makes is 9 and up.
//
//   births CASE

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "starts.h"

namespace {

constexpr int file = 3;

[[noreturn]] void exec_untold() {
  start_lister("exec", {});
  _exit(4);
}

pid_t fork_by_number() { return static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }

/// Runs it in a forked child, and waits for that.
void in_fork(void (*body)(), pid_t (*fork_it)() = fork) {
  const pid_t child = fork_it();
  if (child == 0) {
    body();
    exec_untold();
  }
  if (wait_for(child) != 0) std::exit(5);
}

/// Until the parent that this process had has ended.
void outlive(pid_t parent) {
  while (getppid() == parent) usleep(1000);
}

void make_some() {
  if (dup2(file, 9) != 9 || fcntl(file, F_DUPFD, 20) != 20 || fcntl(open("/etc/group", O_RDONLY), F_DUPFD, 30) != 30)
    _exit(3);
}

void act(const std::string& what) {
  if (what == "child") in_fork([] {});
  if (what == "child-makes") in_fork(make_some);
  if (what == "number-child") in_fork([] {}, fork_by_number);
  if (what == "number-child-makes") in_fork(make_some, fork_by_number);
  if (what == "number-child-reopens") in_fork([] { close(file), open("/etc/group", O_RDONLY); }, fork_by_number);
  if (what == "child-adopts") in_fork([] { dup2(file, file); });
  if (what == "child-adopts-marked") in_fork([] { fcntl(file, F_SETFD, FD_CLOEXEC), dup2(file, file); });
  if (what == "child-reopens") in_fork([] { close(file), open("/etc/group", O_RDONLY); });
  if (what == "parent-adopts") dup2(file, file), in_fork([] {});
  if (what == "grandchild")
    in_fork([] {
      make_some();
      in_fork([] {});
    });
  if (what == "grandchild-makes")
    in_fork([] {
      in_fork(make_some);
      _exit(0);
    });
  if (what == "vfork-adopts") {
    const pid_t child = vfork();
    if (child == 0) dup2(file, file), exec_untold();
    if (wait_for(child) != 0) std::exit(5);
  }
  if (what == "vfork") start_lister("vfork", {});
  if (what == "clone") start_lister("clone", {});
  if (what == "spawn") start_lister("spawn", {});
  if (what == "actions") start_lister("actions", {});
  if (what == "self") exec_untold();
  if (what == "thread") start_lister("thread", {});
  if (what == "spawn-from-child")
    in_fork([] {
      make_some();
      start_lister("spawn", {});
    });
}

/// This process ends at once, its child takes its place.
void take_place(void (*first)()) {
  const pid_t parent = getpid();
  if (fork() != 0) _exit(0);
  outlive(parent);
  first();
  exec_untold();
}

/// A child ends, and a grandchild is this process's no more than before, which lives.
void take_no_place_of_a_grandparent() {
  const pid_t child = fork();
  if (child == 0) {
    const pid_t parent = getpid();
    if (fork() != 0) _exit(0);
    outlive(parent);
    exec_untold();
  }
  wait_for(child);
}

/// This process ends, and the grandchild's parent lives.
void take_no_place_beside_a_parent() {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) _exit(0);
  outlive(parent);
  in_fork([] {});
  _exit(0);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2 || open("/etc/passwd", O_RDONLY) != file) return 2;
  const std::string what = arguments[1];
  if (what == "place") take_place([] {});
  if (what == "place-forks") take_place([] { in_fork([] {}); });
  if (what == "place-spawns") take_place([] { start_lister("spawn", {}); });
  if (what == "place-makes") take_place(make_some);
  if (what == "grandparent-lives") {
    // Alive until the grandchild has said what it got, and closed its end.
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return 1;
    take_no_place_of_a_grandparent();
    close(ends[1]);
    char byte;
    return read(ends[0], &byte, 1) == 0 ? 0 : 1;
  }
  if (what == "parent-lives") take_no_place_beside_a_parent();
  if (what == "system") return std::system(LISTER);
  if (what == "popen") return pclose(popen(LISTER, "w"));
  act(what);
  return 0;
}
