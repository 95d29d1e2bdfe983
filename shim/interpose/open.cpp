// SPDX-License-Identifier: Apache-2.0
//
// Family open: files opened by name or handle. What programs open most with is in few instructions.

#include <cstdarg>

#include "shim/interpose.h"
#include "shim/method/open_how.h"

using namespace cloexec;

namespace {

consteval Recipe open_recipe(Call call, std::int8_t path, std::uint8_t flags) {
  return flag(call, flags, O_CLOEXEC).about(path).retried(Retry::while_unsettled);
}

/// creat(2) takes no flags; it is an open that does.
int created(Site site, Next<decltype(creat)> next, Next<decltype(open)> with_flags, const char* path, mode_t mode) {
  return make_by_substitute(
      site.about(path), as_number, Retry::while_unsettled, with_flags,
      [=](auto* function) { return function(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode); },
      [=] { return next(path, mode); });
}

/// fts(3) keeps the directory that it came from open, in fts_rfd, unless it is told not to change directory: then that
/// is 0 or -1.
auto walked(Site site, auto* walk) {
  if (walk != nullptr) force_after(site, walk->fts_rfd);
  return walk;
}

}  // namespace

INTERPOSE(int, open, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return make_fast_with_flag(HERE(open).about(path), as_number, Retry::while_unsettled, next_open, flags, O_CLOEXEC,
                             [=](auto* next, int forced) { return next(path, forced, mode); });
}

INTERPOSE(int, open64, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return make_fast_with_flag(HERE(open64).about(path), as_number, Retry::while_unsettled, next_open64, flags, O_CLOEXEC,
                             [=](auto* next, int forced) { return next(path, forced, mode); });
}

INTERPOSE(int, openat, int directory, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return make_by<open_recipe(Call::openat, 1, 2)>(CALLER, directory, path, flags, mode);
}

INTERPOSE(int, openat64, int directory, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return make_by<open_recipe(Call::openat64, 1, 2)>(CALLER, directory, path, flags, mode);
}

INTERPOSE(int, __open, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return make_by<open_recipe(Call::__open, 0, 1)>(CALLER, path, flags, mode);
}

INTERPOSE(int, __open64, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return make_by<open_recipe(Call::__open64, 0, 1)>(CALLER, path, flags, mode);
}

// The fortified names abort when the flags want a mode: the real ones are called, so that they still do.

INTERPOSE(int, __open_2, const char* path, int flags) {
  return make_by<open_recipe(Call::__open_2, 0, 1)>(CALLER, path, flags);
}

INTERPOSE(int, __open64_2, const char* path, int flags) {
  return make_by<open_recipe(Call::__open64_2, 0, 1)>(CALLER, path, flags);
}

INTERPOSE(int, __openat_2, int directory, const char* path, int flags) {
  return make_by<open_recipe(Call::__openat_2, 1, 2)>(CALLER, directory, path, flags);
}

INTERPOSE(int, __openat64_2, int directory, const char* path, int flags) {
  return make_by<open_recipe(Call::__openat64_2, 1, 2)>(CALLER, directory, path, flags);
}

INTERPOSE(int, openat2, int directory, const char* path, const open_how* how, size_t size) {
  constexpr Recipe recipe =
      substitute(Call::openat2, Call::openat2, 2, 0).about(1).or_syscall(SYS_openat2).retried(Retry::while_unsettled);
  const Word words[most_words] = {directory, to_word(path), to_word(how), static_cast<Word>(size)};
  return static_cast<int>(make_with_how(stored<recipe>, CALLER, words, false));
}

INTERPOSE(int, creat, const char* path, mode_t mode) { return created(HERE(creat), next_creat, next_open, path, mode); }

INTERPOSE(int, creat64, const char* path, mode_t mode) {
  return created(HERE(creat64), next_creat64, next_open64, path, mode);
}

INTERPOSE(int, open_by_handle_at, int mount, file_handle* handle, int flags) {
  return make_by<open_recipe(Call::open_by_handle_at, -1, 2)>(CALLER, mount, handle, flags);
}

INTERPOSE(FTS*, fts_open, char* const* paths, int options, int (*compare)(const FTSENT**, const FTSENT**)) {
  return walked(HERE(fts_open), next_fts_open(paths, options, compare));
}

INTERPOSE(FTS64*, fts64_open, char* const* paths, int options, int (*compare)(const FTSENT64**, const FTSENT64**)) {
  return walked(HERE(fts64_open), next_fts64_open(paths, options, compare));
}

#ifdef __i386__
INTERPOSE(FTS64*, __fts64_open_time64, char* const* paths, int options,
          int (*compare)(const FTSENT64**, const FTSENT64**)) {
  return walked(HERE(__fts64_open_time64), next___fts64_open_time64(paths, options, compare));
}
#endif
