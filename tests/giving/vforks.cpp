// SPDX-License-Identifier: Apache-2.0
//
// A vfork child is a process of its own although it has its parent's memory, whoever made it; and its parent is not it.
//
//   vforks plumb NUMBER [mark|tell]   the child puts a pipe at NUMBER, marks that, or tells of its parent's file; execs
//   vforks fork NUMBER                the same in a forked child
//   vforks many                       the child marks 1,000 of its parent's and 1,000 of its own, but for one of each
//   vforks raw                        a child by this program's own instruction
//   vforks number|clone-number        a child by syscall(2); x86-64
//   vforks handler|jump               a SIGCHLD handler that runs as vfork returns, and returns itself, or jumps
//   vforks nested                     a vfork child of a vfork child
//   vforks nested-handler [1]         the same (1: by clone); as that ends a handler opens a file, in the first
//                                     child, where the parent has one that it has marked, and is told later
//   vforks handler-vforks             a SIGCHLD handler that calls vfork as vfork returns, 3,000 times
//
// Each ends with what the parent gives to a program that is told of its file, and to one that it replaces itself by.

#include <fcntl.h>
#include <setjmp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "raw_vfork.h"
#include "starts.h"

namespace {

constexpr int file = 3;
constexpr int many = 1000;
constexpr int above = 100;

bool is_marked(int fd) { return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }

bool has_numbers_up_to(rlim_t highest) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = highest + 1;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/// In the child, which is told of its own number so that only the mark keeps it back.
[[noreturn]] void plumb_and_exec(int end, int number, const std::string& then) {
  if (dup2(end, number) != number) _exit(3);
  if (then == "mark") fcntl(number, F_SETFD, FD_CLOEXEC);
  start_lister("exec", then == "mark"   ? std::vector<int>{number}
                       : then == "tell" ? std::vector<int>{file}
                                        : std::vector<int>{});
  _exit(4);
}

bool plumb(bool is_fork, int number, const std::string& then) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  const pid_t child = is_fork ? fork() : vfork();
  if (child == 0) plumb_and_exec(ends[1], number, then);
  // Its parent has none there.
  if (fcntl(number, F_GETFD) >= 0) return false;
  close(ends[0]);
  close(ends[1]);
  return wait_for(child) == 0;
}

[[noreturn]] void mark_many() {
  for (int i = 0; i < many; ++i) {
    const int fd = above + many + i;
    if (dup2(file, fd) != fd) _exit(3);
  }
  for (int i = 0; i < 2 * many; ++i)
    if (i != 500 && i != many + 700) fcntl(above + i, F_SETFD, FD_CLOEXEC);
  start_lister("exec", {above + 400, above + 500, above + many + 600});
  _exit(4);
}

bool mark_many_in_child() {
  if (!has_numbers_up_to(above + 2 * many)) return false;
  for (int i = 0; i < many; ++i) dup2(file, above + i);
  const pid_t child = vfork();
  if (child == 0) mark_many();
  if (wait_for(child) != 0) return false;
  // What the child marked is its own affair.
  if (!start_lister("fork", {above + 400, above + 500})) return false;
  closefrom(above);
  return true;
}

bool start_raw() {
  const pid_t child = raw_vfork();
  if (child == 0) start_lister("exec", {});
  return wait_for(child) == 0;
}

#ifdef __x86_64__
bool start_by_number(long number, long flags) {
  char name[] = "lister";
  char* arguments[] = {name, nullptr};
  const long child = vfork_by_number(LISTER, arguments, environ, number, flags);
  return child > 0 && wait_for(static_cast<int>(child)) == 0;
}
#endif

bool nest() {
  const pid_t child = vfork();
  if (child == 0) {
    if (dup2(file, 20) != 20) _exit(3);
    const pid_t grandchild = vfork();
    if (grandchild == 0) {
      if (dup2(file, 21) != 21) _exit(3);
      start_lister("exec", {});
      _exit(4);
    }
    if (wait_for(grandchild) != 0) _exit(5);
    start_lister("exec", {});
    _exit(4);
  }
  return wait_for(child) == 0;
}

constexpr int by_handler = 41;
volatile sig_atomic_t handled = 0;
constexpr int marked = 4;
volatile pid_t first_child = 0;
alignas(16) char stack[1 << 16];

void open_in_first_child(int) {
  if (getpid() != first_child || handled != 0) return;
  handled = 1;
  open("/etc/passwd", O_RDONLY);
}

/// Apart, as those below: what a vfork child calls may use the stack on which its parent's call goes on.
[[gnu::noinline]] void have_a_child(bool is_clone) {
  const pid_t child =
      is_clone ? clone([](void*) { return 0; }, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, nullptr)
               : vfork();
  if (child == 0) _exit(0);
  wait_for(child);
}

[[noreturn, gnu::noinline]] void close_and_have_a_child(bool is_clone) {
  first_child = getpid();
  close(marked);
  have_a_child(is_clone);
  _exit(0);
}

bool nest_with_handler(bool is_clone) {
  if (open("/etc/group", O_RDONLY | O_CLOEXEC) != marked) return false;
  signal(SIGCHLD, open_in_first_child);
  const pid_t child = vfork();
  if (child == 0) close_and_have_a_child(is_clone);
  wait_for(child);
  signal(SIGCHLD, SIG_DFL);
  return handled == 1 && start_lister("fork", {marked}) && close(marked) == 0;
}

/// Whether the child's status is its own, whoever had the thread meanwhile.
[[gnu::noinline]] bool is_vfork_right(int status) {
  const pid_t child = vfork();
  if (child == 0) _exit(status);
  return wait_for(child) == status << 8;
}

pid_t main_process = 0;
int right_in_handler = 0;

void vfork_in_handler(int) {
  if (getpid() != main_process || handled != 0) return;
  handled = 1;
  const int error = errno;
  right_in_handler += is_vfork_right(77) ? 1 : 0;
  errno = error;
}

bool vfork_as_vfork_returns() {
  constexpr int rounds = 3000;
  main_process = getpid();
  signal(SIGCHLD, vfork_in_handler);
  int right = 0;
  for (int i = 0; i < rounds; ++i) {
    handled = 0;
    right += is_vfork_right(i % 100) ? 1 : 0;
  }
  signal(SIGCHLD, SIG_DFL);
  std::printf("right: by the handler %d, by whom it interrupted %d\n", right_in_handler, right);
  std::fflush(stdout);
  return true;
}

volatile sig_atomic_t must_jump = 0;
volatile sig_atomic_t unmarked = 0;
sigjmp_buf before;

void handle(int) {
  const int opened = open("/etc/group", O_RDONLY);
  dup2(opened, by_handler);
  unmarked = unmarked + !is_marked(opened) + !is_marked(by_handler);
  close(opened);
  handled = 1;
  if (must_jump != 0) siglongjmp(before, 1);
}

/// The child ends at once, so that the signal is there as soon as this process runs on: before vfork has returned.
bool handle_as_vfork_returns() {
  signal(SIGCHLD, handle);
  static int rounds;  // which a jump leaves as it is
  int later = 0;
  for (rounds = 0; rounds < 200; ++rounds) {
    handled = 0;
    if (sigsetjmp(before, 1) == 0) {
      if (vfork() == 0) _exit(0);
      while (handled == 0) sched_yield();
    }
    while (waitpid(-1, nullptr, 0) > 0) continue;
    close(by_handler);
    dup2(2, 50);
    const int opened = open("/etc/group", O_RDONLY);
    later += !is_marked(50) + !is_marked(opened);
    close(50);
    close(opened);
  }
  signal(SIGCHLD, SIG_DFL);
  dup2(file, by_handler);
  std::printf("not marked: by the handler %d, later %d\n", unmarked, later);
  std::fflush(stdout);
  return true;
}

bool act(const std::string& what, int number, const std::string& then) {
  if (what == "plumb" || what == "fork")
    return has_numbers_up_to(static_cast<rlim_t>(number)) && plumb(what == "fork", number, then);
  if (what == "many") return mark_many_in_child();
  if (what == "raw") return start_raw();
#ifdef __x86_64__
  if (what == "number") return start_by_number(SYS_vfork, 0);
  if (what == "clone-number") return start_by_number(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD);
#endif
  if (what == "nested-handler") return nest_with_handler(number >= 0);
  if (what == "handler-vforks") return vfork_as_vfork_returns();
  must_jump = what == "jump";
  if (what == "handler" || what == "jump") return handle_as_vfork_returns();
  return what == "nested" && nest();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2 || open("/etc/passwd", O_RDONLY) != file) return 2;
  if (!act(arguments[1], count > 2 ? std::atoi(arguments[2]) : -1, count > 3 ? arguments[3] : "")) return 1;
  if (!start_lister("fork", {file})) return 1;
  start_lister("exec", {});
}
