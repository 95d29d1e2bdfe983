// SPDX-License-Identifier: Apache-2.0
//
// Family open: files opened by name or handle. What programs open most with is in few instructions.

#include "shim/interpose/interpose.h"
#include "shim/interpose/recipes.h"

using namespace cloexec;

namespace {

/// creat(2) takes no flags; it is an open that does.
consteval Recipe creat_recipe(Call call, Call opening) {
  Recipe recipe = by_way(Way::creat, call, opening).about(0).retried(Retry::while_unsettled);
  recipe.value = O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC;
  return recipe;
}

/// fts(3) keeps the directory that it came from open, in fts_rfd, unless it is told not to change directory: then that
/// is 0 or -1.
FTS* walked(char* const* paths, int options, Word compare, Call call, const void* caller) {
  const auto next = reinterpret_cast<FTS* (*)(char* const*, int, Word)>(get_pointer_next(symbol_of(call)));
  FTS* const walk = next(paths, options, compare);
  if (walk != nullptr) force_if_made({call, caller}, walk->fts_rfd);
  return walk;
}

/// The same of what takes other entries and is alike as far as that.
FTS64* walked64(char* const* paths, int options, Word compare, Call call, const void* caller) {
  static_assert(offsetof(FTS64, fts_rfd) == offsetof(FTS, fts_rfd));
  return reinterpret_cast<FTS64*>(walked(paths, options, compare, call, caller));
}

}  // namespace

INTERPOSE_VARIADIC(int, open, const char* path, int flags, mode_t mode) {
  return make_quickly<open_recipe(Call::open, 0, 1)>(path, flags, mode);
}

INTERPOSE_VARIADIC(int, open64, const char* path, int flags, mode_t mode) {
  return make_quickly<open_recipe(Call::open64, 0, 1)>(path, flags, mode);
}

INTERPOSE_VARIADIC(int, openat, int directory, const char* path, int flags, mode_t mode) {
  return make_quickly<open_recipe(Call::openat, 1, 2)>(directory, path, flags, mode);
}

INTERPOSE_VARIADIC(int, openat64, int directory, const char* path, int flags, mode_t mode) {
  return make_quickly<open_recipe(Call::openat64, 1, 2)>(directory, path, flags, mode);
}

INTERPOSE_VARIADIC(int, __open, const char* path, int flags, mode_t mode) {
  return make_by<open_recipe(Call::__open, 0, 1)>(CALLER, path, flags, mode);
}

INTERPOSE_VARIADIC(int, __open64, const char* path, int flags, mode_t mode) {
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
  return make_by<openat2_recipe(1, 2)>(CALLER, directory, path, how, size);
}

INTERPOSE(int, creat, const char* path, mode_t mode) {
  return make_by<creat_recipe(Call::creat, Call::open)>(CALLER, path, mode);
}

INTERPOSE(int, creat64, const char* path, mode_t mode) {
  return make_by<creat_recipe(Call::creat64, Call::open64)>(CALLER, path, mode);
}

INTERPOSE(int, open_by_handle_at, int mount, file_handle* handle, int flags) {
  return make_by<open_recipe(Call::open_by_handle_at, -1, 2)>(CALLER, mount, handle, flags);
}

INTERPOSE(FTS*, fts_open, char* const* paths, int options, int (*compare)(const FTSENT**, const FTSENT**)) {
  return walked(paths, options, to_word(compare), Call::fts_open, CALLER);
}

INTERPOSE(FTS64*, fts64_open, char* const* paths, int options, int (*compare)(const FTSENT64**, const FTSENT64**)) {
  return walked64(paths, options, to_word(compare), Call::fts64_open, CALLER);
}

#ifndef __LP64__
INTERPOSE(FTS64*, __fts64_open_time64, char* const* paths, int options,
          int (*compare)(const FTSENT64**, const FTSENT64**)) {
  return walked64(paths, options, to_word(compare), Call::__fts64_open_time64, CALLER);
}
#endif
