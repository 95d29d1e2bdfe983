// SPDX-License-Identifier: Apache-2.0

#include "shim/release.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>

#include "policy/glob.h"
#include "shim/memory.h"
#include "shim/recorder.h"
#include "shim/verdict.h"

namespace cloexec {
namespace {

/// Whether `fd` is the socket that syslog(3) keeps: libc makes it unseen, perhaps at a number that was forced before,
/// and has marked it itself.
bool is_log_socket(int fd) {
  sockaddr_un peer{};
  socklen_t size = sizeof peer - 1;  // what is named stays ended by a NUL
  if (raw_syscall(__NR_getpeername, fd, reinterpret_cast<long>(&peer), reinterpret_cast<long>(&size)) != 0)
    return false;
  const std::string_view name = base_name(peer.sun_path);
  return peer.sun_family == AF_UNIX && (name == "log" || name == "dev-log");
}

bool is_released(const Start& about, int fd) {
  return ask_rules(about.facts(fd)).verdict == Verdict::exempt && !is_log_socket(fd);
}

/// Where the table of forced descriptors need not be looked at any more: beyond the limit of open files (getrlimit(2)),
/// or a few pages of it, should the limit have been lowered meanwhile.
int table_end() {
  constexpr std::uint64_t least = 4096;
  rlimit64 limit{most_forced, most_forced};
  raw_syscall(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, reinterpret_cast<long>(&limit));
  return static_cast<int>((std::clamp<std::uint64_t>(limit.rlim_cur, least, most_forced) + 7) / 8 * 8);
}

/// Whether forced `fd` is to be given, with its flag as it is now: `set` before, `clear` when it is to be taken back.
/// What the program has closed since it was forced is neither.
bool is_to_change(const Start& about, int fd, Flag now) {
  return close_on_exec_flag(fd) == now && is_released(about, fd);
}

bool may_give(const Start& about) { return is_enforcing() && plan_of(about.call) != Plan::force; }

/// Calls visit(fd) for every descriptor that is to be given, until one says true; whether one did.
bool any_released(const Start& about, Flag now, auto visit) {
  Hints hints;
  Start hinted = about;
  hinted.hints = &hints;
  const int end = table_end();
  for (int fd = next_forced(0, end); fd < end; fd = next_forced(fd + 1, end))
    if (is_to_change(hinted, fd, now) && visit(fd)) return true;
  return false;
}

void note_given(const Start& about, int fd) {
  if (is_recording()) record_given(fd, ask_rules(about.facts(fd)));
}

void give(const Start& about, bool is_given) {
  any_released(about, is_given ? Flag::set : Flag::clear, [=](int fd) {
    set_close_on_exec(fd, !is_given);
    if (is_given) note_given(about, fd);
    return false;
  });
}

/// Whether no other thread could fork now. A child of fork or vfork has one thread; of any other process the kernel
/// knows how many.
bool is_alone() {
  constexpr unsigned links_of_one = 3;  // ".", "..", and the thread
  struct stat64 status {};
  return is_vfork_child() || (raw_syscall(fstatat_number, AT_FDCWD, reinterpret_cast<long>("/proc/self/task"),
                                          reinterpret_cast<long>(&status), 0) == 0 &&
                              status.st_nlink == links_of_one);
}

/// What the thread that has descriptors of its own is to do.
struct Errand {
  const Start& about;
  Forms start;
  Word result = -1;
  bool is_done = false;
};

int run_errand(void* argument) {
  auto& errand = *static_cast<Errand*>(argument);
  errand.is_done = true;
  give(errand.about, true);
  errand.result = errand.start(plain);
  return 0;
}

/// Starts the program from a thread that does not share the others' descriptors (clone(2) without CLONE_FILES), so that
/// what is given is open in no child but the one. This thread waits for it, hence can lend it its thread-local memory,
/// errno too. An exec replaces the whole process, whichever thread calls it (execve(2)).
Word start_apart(const Start& about, Forms start) {
  // execvp(3) of a script without "#!" copies the arguments there; below lies a page that ends the process rather than
  // let it write on.
  std::size_t arguments = 0;
  while (about.arguments != nullptr && about.arguments[arguments] != nullptr) ++arguments;
  constexpr std::size_t guard_size = 65536;
  const std::size_t stack_size =
      (std::size_t{256} * 1024 + guard_size + 2 * arguments * sizeof(char*)) / guard_size * guard_size;
  constexpr int flags = CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_VFORK;
  void* const stack = map_memory(stack_size);
  Errand errand{about, start};
  if (stack != nullptr) {
    raw_syscall(__NR_mprotect, reinterpret_cast<long>(stack), guard_size, PROT_NONE);
    next_clone(run_errand, static_cast<char*>(stack) + stack_size, flags, &errand);
    unmap_memory(stack, stack_size);
  }
  // Where a sandbox refuses such a thread, nothing is given: better a program that lacks a descriptor than a leak.
  return errand.is_done ? errand.result : start(plain);
}

}  // namespace

bool is_given_apart(const Start& about) {
  return may_give(about) && any_released(about, Flag::set, [](int) { return true; }) && !is_alone();
}

void each_given(const Start& about, void* context, void (*give)(void* context, int fd)) {
  any_released(about, Flag::set, [=](int fd) {
    note_given(about, fd);
    give(context, fd);
    return false;
  });
}

Word start_program(const Start& about, Forms start) {
  if (!may_give(about) || !any_released(about, Flag::set, [](int) { return true; })) return start(plain);
  if (!is_alone()) return start_apart(about, start);
  give(about, true);
  const Word result = start(plain);
  give(about, false);
  return result;
}

}  // namespace cloexec
