// SPDX-License-Identifier: Apache-2.0
//
// Family exec: makes nothing, but ends what was kept from the next program.

#include "shim/interpose/exec.h"

#include <spawn.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>

#include "shim/exec/give.h"
#include "shim/host/environment.h"
#include "shim/host/or_syscall.h"
#include "shim/host/readable.h"
#include "shim/interpose/interpose.h"
#include "shim/record/recorder.h"

using namespace cloexec;

namespace {

using Arguments = char* const*;

/// The start of a program in this one's place, as an audit is told of it. What comes back has failed.
class Replacement {
 public:
  explicit Replacement(const Start& about) : gift_(recorded(about)) {}
  ~Replacement() {
    if (is_recording()) record_failed();
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

 private:
  static const Start& recorded(const Start& about) {
    if (is_recording()) record_exec(about);
    return about;
  }

  Gift gift_;
};

/// Starts it by a function that takes an environment, or by one that hands on the program's own and does not look.
int started(const Start& about, Call call) {
  const Replacement replacement(about);
  return Next<decltype(execve)>(symbol_of(call))(about.program, about.arguments, about.environment);
}

/// The variadic functions' arguments end at a null; behind it execle's has the environment. Their list is made on the
/// stack: they may be called between vfork and exec.
int started_with_list(Call call, const void* caller, const char* program, const char* first, va_list rest, Call next) {
  va_list again;
  va_copy(again, rest);
  std::size_t count = 1;
  // clang 14 does not see that va_copy has begun it.
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
  while (va_arg(again, char*) != nullptr) ++count;
  va_end(again);
  auto** const arguments = static_cast<char**>(__builtin_alloca((count + 1) * sizeof(char*)));
  arguments[0] = const_cast<char*>(first);
  for (std::size_t i = 1; i <= count; ++i) arguments[i] = va_arg(rest, char*);
  return started({call, caller, program, arguments, call == Call::execle ? va_arg(rest, char**) : environ}, next);
}

/// The attributes, and a mask for the child where they have none. They are a struct that can be copied (glibc, musl).
const posix_spawnattr_t* with_mask(const posix_spawnattr_t* given, const SignalMask* mask, posix_spawnattr_t& changed) {
  short flags = 0;
  if (given != nullptr)
    std::memcpy(&changed, given, sizeof changed);
  else
    next_posix_spawnattr_init(&changed);
  next_posix_spawnattr_getflags(&changed, &flags);
  if ((flags & POSIX_SPAWN_SETSIGMASK) != 0) return given;
  sigset_t signals{};
  std::memcpy(&signals, mask, sizeof *mask);
  next_posix_spawnattr_setsigmask(&changed, &signals);
  next_posix_spawnattr_setflags(&changed, static_cast<short>(flags | POSIX_SPAWN_SETSIGMASK));
  return &changed;
}

int spawned(const Start& about, pid_t* pid, const posix_spawn_file_actions_t* actions,
            const posix_spawnattr_t* attributes) {
  pid_t unasked = 0;
  if (is_recording()) {
    if (pid == nullptr) pid = &unasked;
    record_exec(about);
  }
  int result;
  {
    const Gift gift(about);
    posix_spawnattr_t masked;
    if (gift.mask_before() != nullptr) attributes = with_mask(attributes, gift.mask_before(), masked);
    result = Next<decltype(posix_spawn)>(symbol_of(about.call))(pid, about.program, actions, attributes,
                                                                about.arguments, about.environment);
  }
  if (!is_recording()) return result;
  if (result == 0)
    record_spawned(*pid);
  else
    record_failed();
  return result;
}

/// A script's interpreter is told /dev/fd/N, or /dev/fd/N/PATH of one in a directory: execveat(2).
Start started_at(const void* caller, int directory, const char* path, Arguments arguments, Arguments environment,
                 int flags) {
  const bool is_known = path != nullptr && ReadableMemory().has(path);
  const bool is_descriptor = (flags & AT_EMPTY_PATH) != 0 && (path == nullptr || (is_known && path[0] == '\0'));
  const bool is_in_directory = !is_descriptor && is_known && path[0] != '/';
  return {Call::execveat, caller,      is_descriptor ? nullptr : path,
          arguments,      environment, is_descriptor || is_in_directory ? directory : -1};
}

}  // namespace

Word cloexec::started_by_number(const void* caller, const Word* words) {
  const Start about =
      words[0] == SYS_execveat
          ? started_at(caller, static_cast<int>(words[1]), from_word<const char*>(words[2]),
                       from_word<Arguments>(words[3]), from_word<Arguments>(words[4]), static_cast<int>(words[5]))
          : Start{Call::execve, caller, from_word<const char*>(words[1]), from_word<Arguments>(words[2]),
                  from_word<Arguments>(words[3])};
  const Replacement replacement(about);
  return next_syscall(words[0], words[1], words[2], words[3], words[4], words[5]);
}

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
  const Replacement replacement(started_at(CALLER, directory, path, arguments, environment, flags));
  return or_syscall(next_execveat, SYS_execveat, directory, path, arguments, environment, flags);
}

INTERPOSE(int, fexecve, int fd, Arguments arguments, Arguments environment) noexcept {
  const Replacement replacement(STARTS(fexecve, nullptr, arguments, environment, fd));
  return next_fexecve(fd, arguments, environment);
}

INTERPOSE(int, posix_spawn, pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
          const posix_spawnattr_t* attributes, Arguments arguments, Arguments environment) {
  return spawned(STARTS(posix_spawn, path, arguments, environment), pid, actions, attributes);
}

INTERPOSE(int, posix_spawnp, pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
          const posix_spawnattr_t* attributes, Arguments arguments, Arguments environment) {
  return spawned(STARTS(posix_spawnp, file, arguments, environment), pid, actions, attributes);
}
