// SPDX-License-Identifier: Apache-2.0
//
// A child made in one way makes another in another way, or does what libc has children for, and starts the lister.
//
//   mixed OUTER INNER [own]   which is told its grandparent's file, or one that the child has opened: own
//   mixed many OUTER          in 400 children each two of 20 deeds, one after the other; prints "children=400 failed=0"
//
// OUTER, INNER: fork, vfork, clone (that borrows memory), number (syscall(2)), instruction (this program's own), spawn,
// actions; none

#include <fcntl.h>
#include <pty.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "raw.h"
#include "starts.h"

namespace {

constexpr int file = 3;
alignas(16) char stack[1 << 18];

struct Plan {
  std::string inner;
  bool is_own = false;
};

/// What the child does; its end is what came of it.
[[noreturn]] void be_child(const Plan& plan) {
  const int told = plan.is_own ? open("/etc/group", O_RDONLY) : file;
  if (plan.inner == "none") start_lister("exec", {told});
  if (plan.inner == "number" || plan.inner == "instruction") {
    const long child = plan.inner == "number" ? syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : raw_call(SYS_clone, SIGCHLD);
    if (child == 0) start_lister("exec", {told});
    _exit(wait_for(static_cast<int>(child)) == 0 ? 0 : 5);
  }
  _exit(start_lister(plan.inner, {told}) ? 0 : 5);
}

/// Where nothing is on the stack that what the child calls could overwrite.
[[gnu::noinline]] pid_t start_child(const std::string& outer, void (*body)(const void*), const void* argument) {
  long child = -1;
  if (outer == "fork") child = fork();
  if (outer == "vfork") child = vfork();
  if (outer == "number") child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (outer == "instruction") child = raw_call(SYS_clone, SIGCHLD);
  if (child == 0) body(argument);
  return static_cast<pid_t>(child);
}

constexpr int deeds = 20;

void end_child(pid_t child) {
  if (child == 0) _exit(0);
  wait_for(child);
}

void do_deed(int which) {
  int pair[2];
  wordexp_t words;
  pid_t child = -1;
  if (which == 0 && std::system("true") != 0) _exit(6);
  if (which == 1) pclose(popen("true", "r"));
  if (which == 2 && wordexp("$(true)", &words, 0) == 0) wordfree(&words);
  if (which == 3) end_child(forkpty(pair, nullptr, nullptr, nullptr));
  if (which == 4) close(file);
  if (which == 5) std::fclose(std::fopen("/etc/passwd", "r"));
  if (which == 6) dup2(file, 20);
  if (which == 7) fcntl(file, F_SETFD, FD_CLOEXEC);
  if (which == 8) end_child(vfork());
  if (which == 9) close_range(50, 60, 0);
  if (which == 10) end_child(fork());
  if (which == 11) unshare(CLONE_FILES);
  if (which == 12 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) _exit(6);
  if (which == 13) {
    if (child = vfork(); child == 0) open("/etc/group", O_RDONLY), _exit(0);
    wait_for(child);
  }
  if (which == 14) execl("/nonexistent", "program", nullptr);
  if (which == 15) execl("/etc", "program", nullptr);
  if (which == 16 && !start_lister("spawn", {file})) _exit(6);
  if (which == 17 && !start_lister("vfork", {file})) _exit(6);
  if (which == 18 && !start_lister("clone", {file})) _exit(6);
  if (which == 19) dup2(file, file);
}

[[noreturn]] void do_two(const void* argument) {
  const int both = *static_cast<const int*>(argument);
  do_deed(both % deeds);
  do_deed(both / deeds);
  start_lister("exec", {file});
  _exit(7);
}

[[noreturn]] void fork_and_do_two(const void* argument) {
  const pid_t child = start_child("number", do_two, argument);
  _exit(wait_for(child) == 0 ? 0 : 8);
}

int do_many(const std::string& outer) {
  // What arrives is another test's to tell.
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (dup2(null, 1) != 1 || close(null) != 0) return 1;
  int failed = 0;
  for (static int both = 0; both < deeds * deeds; ++both) {
    const pid_t child =
        outer == "vfork" ? start_child("vfork", fork_and_do_two, &both) : start_child(outer, do_two, &both);
    failed += wait_for(child) != 0;
  }
  std::fprintf(stderr, "children=%d failed=%d\n", deeds * deeds, failed);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3 || open("/etc/passwd", O_RDONLY) != file) return 2;
  if (std::string(arguments[1]) == "many") return do_many(arguments[2]);
  const std::string outer = arguments[1];
  const Plan plan = {arguments[2], count > 3};
  const pid_t child =
      outer == "clone" ? clone([](void* argument) -> int { be_child(*static_cast<const Plan*>(argument)); },
                               stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, const_cast<Plan*>(&plan))
                       : start_child(
                             outer, [](const void* argument) { be_child(*static_cast<const Plan*>(argument)); }, &plan);
  return child > 0 && wait_for(child) == 0 ? 0 : 1;
}
