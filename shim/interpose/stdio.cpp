// SPDX-License-Identifier: Apache-2.0
//
// Family stdio: streams opened by name, and those of a child.

#include "shim/interpose.h"

using namespace cloexec;

namespace {

[[gnu::always_inline]] inline FILE* opened_here(Site site, auto next, const char* path, const char* mode) {
  return make_with_mode(site, force_fopen_mode, mode, [=](const char* forced) { return next(path, forced); });
}

FILE* opened(Site site, Next<decltype(fopen)> next, const char* path, const char* mode) {
  return opened_here(site, next, path, mode);
}

/// freopen(3) keeps the stream's number. On an exempt one there is nothing to force: even the descriptor that libc has
/// for a moment is a second one of what the children are to inherit.
FILE* reopened(Site site, Next<decltype(freopen)> next, const char* path, const char* mode, FILE* stream) {
  if (is_exempt(next_fileno(stream))) return next(path, mode, stream);
  return make_with_mode(site, force_fopen_mode, mode, [=](const char* forced) { return next(path, forced, stream); });
}

FILE* piped(Site site, Next<decltype(popen)> next, const char* command, const char* mode) {
  return make_with_mode(site, force_popen_mode, mode, [=](const char* forced) { return next(command, forced); });
}

}  // namespace

INTERPOSE(FILE*, fopen, const char* path, const char* mode) { return opened_here(HERE(fopen), next_fopen, path, mode); }

INTERPOSE(FILE*, fopen64, const char* path, const char* mode) {
  return opened_here(HERE(fopen64), next_fopen64, path, mode);
}

INTERPOSE(FILE*, _IO_fopen, const char* path, const char* mode) {
  return opened(HERE(_IO_fopen), next__IO_fopen, path, mode);
}

/// setmntent(3) is an fopen; glibc adds an "e" of its own, musl does not.
INTERPOSE(FILE*, setmntent, const char* path, const char* mode) noexcept {
  return opened(HERE(setmntent), next_setmntent, path, mode);
}

INTERPOSE(FILE*, __setmntent, const char* path, const char* mode) {
  return opened(HERE(__setmntent), next___setmntent, path, mode);
}

INTERPOSE(FILE*, freopen, const char* path, const char* mode, FILE* stream) {
  return reopened(HERE(freopen), next_freopen, path, mode, stream);
}

INTERPOSE(FILE*, freopen64, const char* path, const char* mode, FILE* stream) {
  return reopened(HERE(freopen64), next_freopen64, path, mode, stream);
}

INTERPOSE(FILE*, popen, const char* command, const char* mode) { return piped(HERE(popen), next_popen, command, mode); }

INTERPOSE(FILE*, _IO_popen, const char* command, const char* mode) {
  return piped(HERE(_IO_popen), next__IO_popen, command, mode);
}

INTERPOSE(FILE*, _IO_proc_open, FILE* stream, const char* command, const char* mode) {
  return make_with_mode(HERE(_IO_proc_open), force_popen_mode, mode,
                        [=](const char* forced) { return next__IO_proc_open(stream, command, forced); });
}

INTERPOSE(FILE*, _IO_file_fopen, FILE* stream, const char* path, const char* mode, int is_32_not_64) {
  return make_with_mode(HERE(_IO_file_fopen), force_fopen_mode, mode,
                        [=](const char* forced) { return next__IO_file_fopen(stream, path, forced, is_32_not_64); });
}

INTERPOSE(FILE*, _IO_file_open, FILE* stream, const char* path, int flags, int permissions, int read_write,
          int is_32_not_64) {
  return make_with_flag(
      HERE(_IO_file_open), as_stream, Retry::never, next__IO_file_open, flags, O_CLOEXEC,
      [=](auto* next, int forced) { return next(stream, path, forced, permissions, read_write, is_32_not_64); });
}
