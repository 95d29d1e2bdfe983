// SPDX-License-Identifier: Apache-2.0
//
// A timer whose handler forks, or jumps, while the program starts one that is told a number. The handler's children
// look at the flag: at the moment of an exec it is clear for that exec alone.
//
//   interrupted fork WAY      prints "children=200 open=0"
//   interrupted jump WAY      leaves the start by siglongjmp, 300 times, in a process with a second thread, and says
//                             whether this still is the main thread, and whether the other one sees what it opens
//
// WAY: execv, execvp (along PATH), script (what has no interpreter), spawn, spawnp; all fail: with fork because what is
// there cannot be started, or nothing would be given at all; with jump because nothing is there, but for a script. A
// second thread for -threads.

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

constexpr int wanted = 200;
constexpr int patience = 30;  // seconds

int number = -1;
volatile sig_atomic_t children = 0;
volatile sig_atomic_t open_there = 0;
volatile sig_atomic_t may_jump = 0;
sigjmp_buf before;
char* told[] = {const_cast<char*>("program"), const_cast<char*>("--status-fd"), nullptr, nullptr};

void fork_and_look(int) {
  if (children == wanted) return;
  const int error = errno;
  const pid_t child = fork();
  if (child == 0) _exit(fcntl(number, F_GETFD) == FD_CLOEXEC ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  children = children + 1;
  open_there = open_there + (status != 0);
  errno = error;
}

void jump(int) {
  if (may_jump == 0) return;
  may_jump = 0;
  siglongjmp(before, 1);
}

void set_timer(int microseconds, int interval) {
  const itimerval value = {{0, interval}, {0, microseconds}};
  setitimer(ITIMER_REAL, &value, nullptr);
}

/// A process that is not what it was may well hang.
void end_in_time() {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer;
  const itimerspec value = {{0, 0}, {patience, 0}};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &value, nullptr) != 0) abort();
}

/// What cannot be started, by its path and by its name.
struct Nothing {
  const char* path;
  const char* name;
};
constexpr Nothing is_there = {"/dev/null", "null"};
constexpr Nothing is_missing = {"/nonexistent/program", "no-program-of-this-name"};

void start_in_vain(const std::string& way, Nothing program) {
  pid_t child = -1;
  if (way == "execv") execv(program.path, told);
  if (way == "execvp") execvp(program.name, told);
  if (way == "script") execv("/etc/passwd", told);
  if (way == "spawn") posix_spawn(&child, program.path, nullptr, nullptr, told, environ);
  if (way == "spawnp") posix_spawnp(&child, program.name, nullptr, nullptr, told, environ);
}

/// The signals are the main thread's to handle.
pthread_t begin(void* (*body)(void*)) {
  sigset_t all;
  sigset_t old;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &old);
  pthread_t thread;
  if (pthread_create(&thread, nullptr, body, nullptr) != 0) abort();
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  return thread;
}

void be_forked(const std::string& way) {
  signal(SIGALRM, fork_and_look);
  set_timer(700, 700);
  while (children < wanted) start_in_vain(way, is_there);
  set_timer(0, 0);
  std::printf("children=%d open=%d\n", children, open_there);
}

std::atomic<int> asked = -1;
std::atomic<int> answer = 0;

void* see(void*) {
  for (;;) {
    if (asked < 0) {
      sched_yield();
      continue;
    }
    answer = fcntl(asked, F_GETFD) >= 0 ? 1 : -1;
    asked = -1;
  }
}

void be_jumped_out_of(const std::string& way) {
  signal(SIGALRM, jump);
  begin(see);
  static int i;  // which a jump leaves as it is
  for (i = 0; i < 300; ++i) {
    if (sigsetjmp(before, 1) == 0) {
      may_jump = 1;
      set_timer(20 + (i * 7) % 200, 0);
      for (;;) start_in_vain(way, is_missing);
    }
  }
  const int opened = open("/etc/group", O_RDONLY);
  asked = opened;
  while (answer == 0) sched_yield();
  std::printf("main thread: %s; seen by the other: %s; flag: %s\n", syscall(SYS_gettid) == getpid() ? "yes" : "no",
              answer == 1 ? "yes" : "no", fcntl(number, F_GETFD) == FD_CLOEXEC ? "set" : "clear");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  end_in_time();
  if (setenv("PATH", "/dev", 1) != 0) abort();
  number = open("/etc/passwd", O_RDONLY);
  std::string digits = std::to_string(number);
  told[2] = digits.data();
  std::string way = arguments[2];
  if (const auto threads = way.find("-threads"); threads != std::string::npos) {
    way.resize(threads);
    begin([](void*) -> void* { return pause(), nullptr; });
  }
  if (std::string(arguments[1]) == "fork")
    be_forked(way);
  else
    be_jumped_out_of(way);
  std::fflush(stdout);
  _exit(0);
}
