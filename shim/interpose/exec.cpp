// SPDX-License-Identifier: Apache-2.0
//
// Family exec: makes nothing, but ends what was kept from the next program.

#include <spawn.h>

#include <cerrno>
#include <cstdarg>

#include "shim/environment.h"
#include "shim/interpose.h"
#include "shim/method/or_syscall.h"
#include "shim/recorder.h"
#include "shim/release.h"

using namespace cloexec;

namespace {

using Arguments = char* const*;

/// Starts it, and tells an audit. What comes back has failed.
template <typename Function>
int replaced(const Start& about, Function start) {
  if (is_recording()) record_exec(about);
  const int result = start_program<int>(about, start);
  if (is_recording()) record_failed();
  return result;
}

/// Starts it by a function that takes an environment, or by one that hands on the program's own and does not look.
int started(const Start& about, Call call) {
  const Next<decltype(execve)> next(symbol_of(call));
  return replaced(about, [&] { return next(about.program, about.arguments, about.environment); });
}

/// The variadic functions' arguments end at a null; behind it execle's has the environment. Their list is made on the
/// stack: they may be called between vfork and exec.
int started_with_list(Call call, const void* caller, const char* program, const char* first, va_list rest, Call next) {
  va_list again;
  va_copy(again, rest);
  std::size_t count = 1;
  while (va_arg(again, char*) != nullptr) ++count;
  va_end(again);
  auto** const arguments = static_cast<char**>(__builtin_alloca((count + 1) * sizeof(char*)));
  arguments[0] = const_cast<char*>(first);
  for (std::size_t i = 1; i <= count; ++i) arguments[i] = va_arg(rest, char*);
  return started({call, caller, program, arguments, call == Call::execle ? va_arg(rest, char**) : environ}, next);
}

/// File actions, and whether libc took them all: not of numbers beyond the limit of open files.
struct Gifts {
  posix_spawn_file_actions_t actions;
  bool are_whole = true;
};

/// Where the program has no file actions, ours clear the flag in the child: dup2 onto itself, glibc 2.29 and musl. To
/// start it apart would make it the child of a thread that ends, of which PR_SET_PDEATHSIG would tell it (prctl(2)).
/// EBADF when that cannot be done.
int spawned_with_actions(const Start& about, pid_t* pid, const posix_spawnattr_t* attributes) {
  const Next<decltype(posix_spawn)> next(symbol_of(about.call));
  int result = EBADF;
  // Another thread may close one of them before the child comes to it, which then fails.
  for (unsigned attempt = 0; attempt < 16 && result == EBADF; ++attempt) {
    Gifts gifts;
    next_posix_spawn_file_actions_init(&gifts.actions);
    each_given(about, &gifts, [](void* context, int fd) {
      auto& given = *static_cast<Gifts*>(context);
      if (next_posix_spawn_file_actions_adddup2(&given.actions, fd, fd) != 0) given.are_whole = false;
    });
    const bool can_do = gifts.are_whole;
    if (can_do) result = next(pid, about.program, &gifts.actions, attributes, about.arguments, about.environment);
    next_posix_spawn_file_actions_destroy(&gifts.actions);
    if (!can_do) break;
  }
  return result;
}

int spawned_by_rules(const Start& about, pid_t* pid, const posix_spawn_file_actions_t* actions,
                     const posix_spawnattr_t* attributes) {
  if (actions == nullptr && is_given_apart(about))
    if (const int result = spawned_with_actions(about, pid, attributes); result != EBADF) return result;
  return start_program<int>(about, [&] {
    const Next<decltype(posix_spawn)> next(symbol_of(about.call));
    return next(pid, about.program, actions, attributes, about.arguments, about.environment);
  });
}

int spawned(const Start& about, pid_t* pid, const posix_spawn_file_actions_t* actions,
            const posix_spawnattr_t* attributes) {
  if (!is_recording()) return spawned_by_rules(about, pid, actions, attributes);
  pid_t unasked = 0;
  if (pid == nullptr) pid = &unasked;
  record_exec(about);
  const int result = spawned_by_rules(about, pid, actions, attributes);
  if (result == 0)
    record_spawned(*pid);
  else
    record_failed();
  return result;
}

}  // namespace

/// The start of a program by the function of that name: to be said in the interposer itself.
#define STARTS(name, ...) \
  { Call::name, __builtin_return_address(0), __VA_ARGS__ }

INTERPOSE(int, execve, const char* path, Arguments arguments, Arguments environment) noexcept {
  return started(STARTS(execve, path, arguments, environment), Call::execve);
}

INTERPOSE(int, execv, const char* path, Arguments arguments) noexcept {
  return started(STARTS(execv, path, arguments, environ), Call::execv);
}

INTERPOSE(int, execvp, const char* file, Arguments arguments) noexcept {
  return started(STARTS(execvp, file, arguments, environ), Call::execvp);
}

INTERPOSE(int, execvpe, const char* file, Arguments arguments, Arguments environment) noexcept {
  return started(STARTS(execvpe, file, arguments, environment), Call::execvpe);
}

INTERPOSE(int, execl, const char* path, const char* first, ...) noexcept {
  va_list rest;
  va_start(rest, first);
  const int result = started_with_list(Call::execl, CALLER, path, first, rest, Call::execv);
  va_end(rest);
  return result;
}

INTERPOSE(int, execlp, const char* file, const char* first, ...) noexcept {
  va_list rest;
  va_start(rest, first);
  const int result = started_with_list(Call::execlp, CALLER, file, first, rest, Call::execvp);
  va_end(rest);
  return result;
}

INTERPOSE(int, execle, const char* path, const char* first, ...) noexcept {
  va_list rest;
  va_start(rest, first);
  const int result = started_with_list(Call::execle, CALLER, path, first, rest, Call::execve);
  va_end(rest);
  return result;
}

INTERPOSE(int, execveat, int directory, const char* path, Arguments arguments, Arguments environment, int flags)
noexcept {
  const bool is_descriptor = (flags & AT_EMPTY_PATH) != 0 && view(path).empty();
  return replaced(
      STARTS(execveat, is_descriptor ? nullptr : path, arguments, environment, is_descriptor ? directory : -1),
      [&] { return or_syscall(next_execveat, SYS_execveat, directory, path, arguments, environment, flags); });
}

INTERPOSE(int, fexecve, int fd, Arguments arguments, Arguments environment) noexcept {
  return replaced(STARTS(fexecve, nullptr, arguments, environment, fd),
                  [&] { return next_fexecve(fd, arguments, environment); });
}

INTERPOSE(int, posix_spawn, pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
          const posix_spawnattr_t* attributes, Arguments arguments, Arguments environment) {
  return spawned(STARTS(posix_spawn, path, arguments, environment), pid, actions, attributes);
}

INTERPOSE(int, posix_spawnp, pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
          const posix_spawnattr_t* attributes, Arguments arguments, Arguments environment) {
  return spawned(STARTS(posix_spawnp, file, arguments, environment), pid, actions, attributes);
}
