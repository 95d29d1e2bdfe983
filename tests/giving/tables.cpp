// SPDX-License-Identifier: Apache-2.0
//
// Descriptor tables that are not as libc makes them: one of two processes (clone(2) with CLONE_FILES), and one of a
// thread's own (unshare(2)).
//
//   tables told [memory]   a child that shares the table starts the lister, which is told; then this process starts
//                          another, which is not. memory: it shares that as well, while its parent waits
//   tables own [memory]    the same of a file that the child has opened itself; told-by-name, own-by-name: by __clone,
//                          libc's other name for clone
//   tables seen            a child that shares the table tries in vain to start a program that is told, again and
//   again;
//                          this process forks children that look at the flag: "children=300 open=0"
//   tables apart           a thread with a table of its own marks a file at a number where this process has a forced
//                          one: "thread" and "main" each start the lister, told the number

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "starts.h"

extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept;

namespace {

constexpr char forced[] = "/etc/passwd";
constexpr char secret[] = "/etc/group";

int number = -1;
auto* make_child = clone;

pid_t share(int (*body)(void*), int flags) {
  constexpr std::size_t size = 1 << 18;
  void* const stack = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) abort();
  return make_child(body, static_cast<char*>(stack) + size, flags | CLONE_FILES | SIGCHLD, nullptr);
}

bool must_open = false;

int tell(void*) {
  if (must_open && open(secret, O_RDONLY) != number) abort();
  start_lister("exec", {number});
  _exit(127);
}

bool told(int flags) {
  if (wait_for(share(tell, flags)) != 0) return false;
  // Bare it never had one.
  std::printf("flag after %s\n", fcntl(number, F_GETFD) == FD_CLOEXEC ? "set" : "clear");
  std::fflush(stdout);
  return start_lister("fork", {});
}

int tell_in_vain(void*) {
  const std::string digits = std::to_string(number);
  // It is there, or nothing would be given at all.
  for (;;) execl("/dev/null", "program", "--status-fd", digits.c_str(), nullptr);
}

bool seen() {
  const pid_t other = share(tell_in_vain, 0);
  int children = 0;
  int open_there = 0;
  for (; children < 300; ++children) {
    const pid_t child = fork();
    if (child == 0) _exit(fcntl(number, F_GETFD) == FD_CLOEXEC ? 0 : 1);
    open_there += wait_for(child) != 0;
  }
  kill(other, SIGKILL);
  wait_for(other);
  std::printf("children=%d open=%d\n", children, open_there);
  std::fflush(stdout);
  return true;
}

std::atomic<int> step = 0;

/// `mine` steps at a time in turn, so that what each does is done in this order.
void await(int mine) {
  while (step != mine) sched_yield();
}

void say_and_tell(const char* who) {
  if (write(1, who, 7) != 7) abort();
  start_lister("fork", {number});
}

void* with_a_table_of_its_own(void*) {
  if (unshare(CLONE_FILES) != 0) abort();
  close(number);
  if (open(secret, O_RDONLY | O_CLOEXEC) != number) abort();
  step = 1;
  await(2);
  say_and_tell("thread ");
  step = 3;
  await(4);
  return nullptr;
}

bool apart() {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, with_a_table_of_its_own, nullptr) != 0) return false;
  await(1);
  // Forced here after it was marked there.
  close(number);
  if (open(forced, O_RDONLY) != number) return false;
  step = 2;
  await(3);
  say_and_tell("main:  ");
  step = 4;
  return pthread_join(thread, nullptr) == 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "";
  number = open(forced, O_RDONLY);
  if (what.ends_with("-by-name")) make_child = __clone;
  must_open = what.starts_with("own");
  if (must_open) ++number;
  if (what.starts_with("told") || must_open) return told(count > 2 ? CLONE_VM | CLONE_VFORK : 0) ? 0 : 1;
  if (what == "seen") return seen() ? 0 : 1;
  return what == "apart" && apart() ? 0 : 1;
}
