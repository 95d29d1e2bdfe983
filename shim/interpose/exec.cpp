// SPDX-License-Identifier: Apache-2.0
//
// Family exec: makes nothing, but ends what was kept from the next program.

#include <spawn.h>

#include <cerrno>
#include <cstdarg>

#include "shim/environment.h"
#include "shim/interpose.h"
#include "shim/method/or_syscall.h"
#include "shim/release.h"

using namespace cloexec;

namespace {

using Arguments = char* const*;

/// Of exec functions there are those that take an environment, and those that hand on the program's own.
int started(const Start& about, Next<decltype(execve)> next) {
  return start_program<int>(about, [&] { return next(about.program, about.arguments, about.environment); });
}

int started(const Start& about, Next<decltype(execv)> next) {
  return start_program<int>(about, [&] { return next(about.program, about.arguments); });
}

/// Where the program has no file actions, ours clear the flag in the child: dup2 onto itself, glibc 2.29 and musl. To
/// start it apart would make it the child of a thread that ends, of which PR_SET_PDEATHSIG would tell it (prctl(2)).
int spawned_with_actions(const Start& about, Next<decltype(posix_spawn)> next, pid_t* pid,
                         const posix_spawnattr_t* attributes) {
  // Another thread may close one of them before the child comes to it, which then fails.
  for (unsigned attempt = 0; attempt < 16; ++attempt) {
    posix_spawn_file_actions_t actions;
    next_posix_spawn_file_actions_init(&actions);
    each_given(about, &actions, [](void* context, int fd) {
      next_posix_spawn_file_actions_adddup2(static_cast<posix_spawn_file_actions_t*>(context), fd, fd);
    });
    const int result = next(pid, about.program, &actions, attributes, about.arguments, about.environment);
    next_posix_spawn_file_actions_destroy(&actions);
    if (result != EBADF) return result;
  }
  return next(pid, about.program, nullptr, attributes, about.arguments, about.environment);
}

int spawned(const Start& about, Next<decltype(posix_spawn)> next, pid_t* pid, const posix_spawn_file_actions_t* actions,
            const posix_spawnattr_t* attributes) {
  if (actions == nullptr && is_given_apart(about)) return spawned_with_actions(about, next, pid, attributes);
  return start_program<int>(
      about, [&] { return next(pid, about.program, actions, attributes, about.arguments, about.environment); });
}

}  // namespace

/// The start of a program by the function of that name: to be said in the interposer itself.
#define STARTS(name, ...) \
  { Call::name, __builtin_return_address(0), __VA_ARGS__ }

INTERPOSE(int, execve, const char* path, Arguments arguments, Arguments environment) noexcept {
  return started(STARTS(execve, path, arguments, environment), next_execve);
}

INTERPOSE(int, execv, const char* path, Arguments arguments) noexcept {
  return started(STARTS(execv, path, arguments, environ), next_execv);
}

INTERPOSE(int, execvp, const char* file, Arguments arguments) noexcept {
  return started(STARTS(execvp, file, arguments, environ), next_execvp);
}

INTERPOSE(int, execvpe, const char* file, Arguments arguments, Arguments environment) noexcept {
  return started(STARTS(execvpe, file, arguments, environment), next_execvpe);
}

// The variadic ones count their arguments and make a list of them on the stack: they may be called between vfork and
// exec. `rest` is left behind the null that ends the arguments.

namespace {

std::size_t count_arguments(va_list rest) {
  std::size_t count = 1;
  while (va_arg(rest, char*) != nullptr) ++count;
  return count;
}

}  // namespace

#define LIST_ARGUMENTS(first, arguments)                                                 \
  va_list rest;                                                                          \
  va_start(rest, first);                                                                 \
  const std::size_t count = count_arguments(rest);                                       \
  va_end(rest);                                                                          \
  auto** arguments = static_cast<char**>(__builtin_alloca((count + 1) * sizeof(char*))); \
  arguments[0] = const_cast<char*>(first);                                               \
  va_start(rest, first);                                                                 \
  for (std::size_t i = 1; i <= count; ++i) arguments[i] = va_arg(rest, char*)

INTERPOSE(int, execl, const char* path, const char* first, ...) noexcept {
  LIST_ARGUMENTS(first, arguments);
  va_end(rest);
  return started(STARTS(execl, path, arguments, environ), next_execv);
}

INTERPOSE(int, execlp, const char* file, const char* first, ...) noexcept {
  LIST_ARGUMENTS(first, arguments);
  va_end(rest);
  return started(STARTS(execlp, file, arguments, environ), next_execvp);
}

INTERPOSE(int, execle, const char* path, const char* first, ...) noexcept {
  LIST_ARGUMENTS(first, arguments);
  auto* const environment = va_arg(rest, char**);
  va_end(rest);
  return started(STARTS(execle, path, arguments, environment), next_execve);
}

INTERPOSE(int, execveat, int directory, const char* path, Arguments arguments, Arguments environment, int flags)
noexcept {
  const bool is_descriptor = (flags & AT_EMPTY_PATH) != 0 && view(path).empty();
  return start_program<int>(
      STARTS(execveat, is_descriptor ? nullptr : path, arguments, environment, is_descriptor ? directory : -1),
      [&] { return or_syscall(next_execveat, SYS_execveat, directory, path, arguments, environment, flags); });
}

INTERPOSE(int, fexecve, int fd, Arguments arguments, Arguments environment) noexcept {
  return start_program<int>(STARTS(fexecve, nullptr, arguments, environment, fd),
                            [&] { return next_fexecve(fd, arguments, environment); });
}

INTERPOSE(int, posix_spawn, pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
          const posix_spawnattr_t* attributes, Arguments arguments, Arguments environment) {
  return spawned(STARTS(posix_spawn, path, arguments, environment), next_posix_spawn, pid, actions, attributes);
}

INTERPOSE(int, posix_spawnp, pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
          const posix_spawnattr_t* attributes, Arguments arguments, Arguments environment) {
  return spawned(STARTS(posix_spawnp, file, arguments, environment), next_posix_spawnp, pid, actions, attributes);
}
