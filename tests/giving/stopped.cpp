// SPDX-License-Identifier: Apache-2.0
//
// A signal that comes, or another thread that acts, in the midst of a start: at the same system call each time.
//
//   stopped jump WAY      a handler jumps out of a start, by fork, vfork or spawn, five times; 20 programs are told a
//                         number afterwards: "first=20 later=0", how often the first of these waited for others, and
//                         the other ones
//   stopped again HOW     in the midst of a fork, whose child is told its parent's file, a function for
//                         pthread_atfork(3) starts another process: fork, vfork; or a handler does that: handler
//   stopped cleared WHEN  another thread makes a descriptor inheritable for good while it is being given to a program,
//                         before (give) or after (take) that has got it; WHEN-exec: to a program that cannot be started

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "starts.h"
#include "stop.h"

namespace {

constexpr int file = 3;

pthread_t main_thread;
sigjmp_buf before;
std::atomic<bool> must_signal = false;
std::atomic<int> waits = 0;

/// A call without time asks whether memory can be read, and waits for nobody (shim/host/readable.h).
bool is_wait(const seccomp_data& call) {
  const auto* const time = reinterpret_cast<const timespec*>(call.args[3]);
  return time == nullptr || time->tv_sec != 0 || time->tv_nsec != 0;
}

/// A start stops before it has a child; later every wait for others is counted.
bool interrupt_or_count(const seccomp_data& call) {
  if (call.nr == SYS_futex) {
    waits += is_wait(call) ? 1 : 0;
    return true;
  }
  if (!must_signal.exchange(false)) return true;
  pthread_kill(main_thread, SIGUSR1);
  return false;
}

#ifdef SYS_vfork
constexpr long vfork_number = SYS_vfork;
#else
constexpr long vfork_number = SYS_clone;
#endif
#ifdef SYS_mmap2
constexpr long mmap_number = SYS_mmap2;
#else
constexpr long mmap_number = SYS_mmap;
#endif

void stop_at_starts() {
  constexpr unsigned all = ~0U;
  constexpr unsigned wait_private = 128;  // FUTEX_WAIT_PRIVATE
  stop_at({{vfork_number, 0, 0, 0},
           {SYS_clone, 0, CLONE_VFORK, CLONE_VFORK},
           // Its child's stack, which posix_spawn(3) gets before it blocks signals.
           {mmap_number, 3, MAP_STACK, MAP_STACK},
           {SYS_futex, 1, all, wait_private}},
          interrupt_or_count);
}

pid_t start_untold(const std::string& way) {
  pid_t child = -1;
  if (way == "fork" && (child = fork()) == 0) _exit(0);
  if (way == "vfork" && (child = vfork()) == 0) _exit(0);
  if (way == "spawn") {
    char name[] = "true";
    char* arguments[] = {name, nullptr};
    posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, environ);
  }
  return child;
}

int waits_of_a_told_start() {
  waits = 0;
  char name[] = "true";
  char option[] = "--status-fd=3";
  char* arguments[] = {name, option, nullptr};
  pid_t child = -1;
  if (posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, environ) != 0) abort();
  wait_for(child);
  return waits;
}

void (*at_fork)() = nullptr;

void prepare() {
  if (must_signal.exchange(false)) at_fork();
}

void jump_out(const std::string& way) {
  at_fork = [] { static_cast<void>(raise(SIGUSR1)); };
  if (way == "fork") pthread_atfork(prepare, nullptr, nullptr);  // before libc takes its locks
  signal(SIGUSR1, [](int) { siglongjmp(before, 1); });
  static int i;  // which a jump leaves as it is
  for (i = 0; i < 5; ++i) {
    if (sigsetjmp(before, 1) != 0) continue;
    must_signal = true;
    wait_for(start_untold(way));
    abort();  // nothing has come
  }
  const int first = waits_of_a_told_start();
  int later = 0;
  for (int k = 1; k < 20; ++k) later += waits_of_a_told_start();
  std::printf("first=%d later=%d\n", first, later);
}

void start_again(const std::string& how) {
  at_fork = how == "fork"    ? [] { static_cast<void>(wait_for(start_untold("fork"))); }
            : how == "vfork" ? [] { static_cast<void>(wait_for(start_untold("vfork"))); }
                             : [] { static_cast<void>(raise(SIGUSR1)); };
  signal(SIGUSR1, [](int) { wait_for(start_untold("fork")); });
  pthread_atfork(prepare, nullptr, nullptr);
  must_signal = true;
  start_lister("fork", {file});
}

std::atomic<bool> has_cleared = false;

bool clear(const seccomp_data& call) {
  if (call.args[0] == file && !has_cleared.exchange(true)) fcntl(file, F_SETFD, 0);
  return true;
}

void be_cleared(const std::string& when) {
  // As the shim does both.
  stop_at({{SYS_ioctl, 1, ~0U, when.starts_with("take") ? unsigned{FIOCLEX} : unsigned{FIONCLEX}}}, clear);
  if (when.ends_with("-exec"))
    execl("/etc/passwd", "program", "--status-fd=3", nullptr);
  else
    start_lister("spawn", {file});
  const int flag = fcntl(file, F_GETFD);
  // Without the shim nobody does what could be waited for.
  std::printf("cleared meanwhile: %s; flag: %s\n", has_cleared ? "yes" : "no", flag == 0 ? "clear" : "set");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3 || open("/etc/passwd", O_RDONLY) != file) return 2;
  main_thread = pthread_self();
  const std::string what = arguments[1];
  const std::string how = arguments[2];
  if (what == "jump") {
    stop_at_starts();
    jump_out(how);
  }
  if (what == "again") start_again(how);
  if (what == "cleared") be_cleared(how);
  std::fflush(stdout);
  _exit(0);
}
