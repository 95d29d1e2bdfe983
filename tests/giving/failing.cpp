// SPDX-License-Identifier: Apache-2.0
//
// A call that would share, part or close descriptors fails, which it says; then a program is told two: one that was
// opened before it, and one that was opened after.
//
//   failing CALL

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "starts.h"

extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...);

namespace {

constexpr int file = 3;
constexpr int nowhere = 999;
constexpr unsigned unknown = 1U << 30;
alignas(16) char stack[1 << 16];
char* const top = stack + sizeof stack;
// With CLONE_NEWNS the kernel refuses a shared directory (clone(2)).
constexpr int refused = CLONE_NEWNS | CLONE_FS | SIGCHLD;

int nothing(void*) { return 0; }

long clone3(unsigned long long flags, std::size_t size) {
  clone_args arguments = {};
  arguments.flags = flags;
  return syscall(SYS_clone3, &arguments, size);
}

struct Call {
  const char* name;
  long (*call)();
};

constexpr Call calls[] = {
    {"clone", [] { return long{clone(nothing, top, CLONE_FILES | refused, nullptr)}; }},
    {"clone-stackless", [] { return long{clone(nothing, nullptr, CLONE_FILES | SIGCHLD, nullptr)}; }},
    {"clone-memory", [] { return long{clone(nothing, top, CLONE_VM | CLONE_SIGHAND | refused, nullptr)}; }},
    {"clone-both", [] { return long{clone(nothing, top, CLONE_VM | CLONE_FILES | refused, nullptr)}; }},
    {"clone-waits", [] { return long{clone(nothing, top, CLONE_VM | CLONE_VFORK | refused, nullptr)}; }},
    {"__clone", [] { return long{__clone(nothing, top, CLONE_FILES | refused, nullptr)}; }},
    {"number-clone", [] { return syscall(SYS_clone, CLONE_FILES | refused, 0, 0, 0, 0); }},
    {"clone3", [] { return clone3(CLONE_FILES | CLONE_NEWNS | CLONE_FS, sizeof(clone_args)); }},
    {"clone3-size", [] { return clone3(CLONE_FILES, 1); }},
    {"unshare", [] { return long{unshare(CLONE_FILES | 1)}; }},
    {"unshare-memory", [] { return long{unshare(CLONE_FILES | CLONE_VM)}; }},
    {"close_range", [] { return long{close_range(1000, file, 0)}; }},
    {"close_range-unshare", [] { return long{close_range(~0U, file, CLOSE_RANGE_UNSHARE)}; }},
    {"close_range-flag", [] { return long{close_range(file, 1000, static_cast<int>(unknown))}; }},
    {"number-close_range", [] { return syscall(SYS_close_range, file, 1000, unknown); }},
    {"number-close_range-unshare", [] { return syscall(SYS_close_range, file, 1000, unknown | CLOSE_RANGE_UNSHARE); }},
    {"dup2", [] { return long{dup2(nowhere, file)}; }},
    {"dup3", [] { return long{dup3(nowhere, file, 0)}; }},
    {"dup3-marked", [] { return long{dup3(nowhere, file, O_CLOEXEC)}; }},
    {"dup3-flag", [] { return long{dup3(0, file, static_cast<int>(unknown))}; }},
    {"number-dup3", [] { return syscall(SYS_dup3, nowhere, file, O_CLOEXEC); }},
};

bool has_failed(const char* name) {
  for (const Call& each : calls)
    if (std::strcmp(each.name, name) == 0) return each.call() == -1;
  return false;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2 || open("/etc/passwd", O_RDONLY) != file) return 2;
  // Of which the table would have to be parted.
  pthread_t thread;
  if (pthread_create(
          &thread, nullptr, [](void*) -> void* { return pause(), nullptr; }, nullptr) != 0)
    return 1;
  if (!has_failed(arguments[1])) return 3;
  std::printf("%s ", strerrorname_np(errno));
  std::fflush(stdout);
  if (open("/etc/group", O_RDONLY) != file + 1) return 4;
  return start_lister("fork", {file, file + 1}) ? 0 : 1;
}
