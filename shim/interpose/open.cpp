// SPDX-License-Identifier: Apache-2.0
//
// Family open: files opened by name or handle.

#include <linux/openat2.h>

#include <cstdarg>
#include <cstring>

#include "shim/interpose.h"

using namespace cloexec;

namespace {

[[gnu::always_inline]] inline int open_with(Site site, auto next, int flags, auto create) {
  return make_fast_with_flag(site, as_number, Retry::while_unsettled, next, flags, O_CLOEXEC, create);
}

int opened(Site site, Next<decltype(open)> next, const char* path, int flags, mode_t mode) {
  return open_with(site, next, flags, [=](auto* function, int forced) { return function(path, forced, mode); });
}

int opened_at(Site site, Next<decltype(openat)> next, int directory, const char* path, int flags, mode_t mode) {
  return open_with(site, next, flags,
                   [=](auto* function, int forced) { return function(directory, path, forced, mode); });
}

// The fortified names abort when the flags want a mode: the real ones are called, so that they still do.

int opened_2(Site site, Next<decltype(__open_2)> next, const char* path, int flags) {
  return open_with(site, next, flags, [=](auto* function, int forced) { return function(path, forced); });
}

int opened_at_2(Site site, Next<decltype(__openat_2)> next, int directory, const char* path, int flags) {
  return open_with(site, next, flags, [=](auto* function, int forced) { return function(directory, path, forced); });
}

/// creat(2) takes no flags; it is an open that does.
int created(Site site, Next<decltype(creat)> next, Next<decltype(open)> next_open, const char* path, mode_t mode) {
  return make_by_substitute(
      site, as_number, Retry::while_unsettled, next_open,
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

// The two that most programs call keep the fast path to themselves.

INTERPOSE(int, open, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return open_with(HERE(open), next_open, flags, [=](auto* next, int forced) { return next(path, forced, mode); });
}

INTERPOSE(int, open64, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return open_with(HERE(open64), next_open64, flags, [=](auto* next, int forced) { return next(path, forced, mode); });
}

INTERPOSE(int, __open, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return opened(HERE(__open), next___open, path, flags, mode);
}

INTERPOSE(int, __open64, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return opened(HERE(__open64), next___open64, path, flags, mode);
}

INTERPOSE(int, openat, int directory, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return opened_at(HERE(openat), next_openat, directory, path, flags, mode);
}

INTERPOSE(int, openat64, int directory, const char* path, int flags, ...) {
  OPTIONAL_ARGUMENT(mode_t, mode, flags);
  return opened_at(HERE(openat64), next_openat64, directory, path, flags, mode);
}

INTERPOSE(int, __open_2, const char* path, int flags) { return opened_2(HERE(__open_2), next___open_2, path, flags); }

INTERPOSE(int, __open64_2, const char* path, int flags) {
  return opened_2(HERE(__open64_2), next___open64_2, path, flags);
}

INTERPOSE(int, __openat_2, int directory, const char* path, int flags) {
  return opened_at_2(HERE(__openat_2), next___openat_2, directory, path, flags);
}

INTERPOSE(int, __openat64_2, int directory, const char* path, int flags) {
  return opened_at_2(HERE(__openat64_2), next___openat64_2, directory, path, flags);
}

INTERPOSE(int, creat, const char* path, mode_t mode) { return created(HERE(creat), next_creat, next_open, path, mode); }

INTERPOSE(int, creat64, const char* path, mode_t mode) {
  return created(HERE(creat64), next_creat64, next_open64, path, mode);
}

INTERPOSE(int, open_by_handle_at, int mount, file_handle* handle, int flags) {
  return open_with(HERE(open_by_handle_at), next_open_by_handle_at, flags,
                   [=](auto* next, int forced) { return next(mount, handle, forced); });
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
