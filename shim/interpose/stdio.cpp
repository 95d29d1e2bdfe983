// SPDX-License-Identifier: Apache-2.0
//
// Family stdio: streams opened by name, and those of a child.

#include "shim/interpose.h"

using namespace cloexec;

namespace {

[[gnu::always_inline]] inline FILE* opened_here(Call call, auto next, const char* path, const char* mode) {
  return make_with_mode(call, force_fopen_mode, mode, [=](const char* forced) { return next(path, forced); });
}

FILE* opened(Call call, Next<decltype(fopen)> next, const char* path, const char* mode) {
  return opened_here(call, next, path, mode);
}

/// freopen(3) keeps the stream's number. On an exempt one there is nothing to force: even the descriptor that libc has
/// for a moment is a second one of what the children are to inherit.
FILE* reopened(Call call, Next<decltype(freopen)> next, const char* path, const char* mode, FILE* stream) {
  if (is_exempt(next_fileno(stream))) return next(path, mode, stream);
  return make_with_mode(call, force_fopen_mode, mode, [=](const char* forced) { return next(path, forced, stream); });
}

FILE* piped(Call call, Next<decltype(popen)> next, const char* command, const char* mode) {
  return make_with_mode(call, force_popen_mode, mode, [=](const char* forced) { return next(command, forced); });
}

}  // namespace

INTERPOSE(FILE*, fopen, const char* path, const char* mode) { return opened_here(Call::fopen, next_fopen, path, mode); }

INTERPOSE(FILE*, fopen64, const char* path, const char* mode) {
  return opened_here(Call::fopen64, next_fopen64, path, mode);
}

INTERPOSE(FILE*, _IO_fopen, const char* path, const char* mode) {
  return opened(Call::_IO_fopen, next__IO_fopen, path, mode);
}

/// setmntent(3) is an fopen; glibc adds an "e" of its own, musl does not.
INTERPOSE(FILE*, setmntent, const char* path, const char* mode) noexcept {
  return opened(Call::setmntent, next_setmntent, path, mode);
}

INTERPOSE(FILE*, __setmntent, const char* path, const char* mode) {
  return opened(Call::__setmntent, next___setmntent, path, mode);
}

INTERPOSE(FILE*, freopen, const char* path, const char* mode, FILE* stream) {
  return reopened(Call::freopen, next_freopen, path, mode, stream);
}

INTERPOSE(FILE*, freopen64, const char* path, const char* mode, FILE* stream) {
  return reopened(Call::freopen64, next_freopen64, path, mode, stream);
}

INTERPOSE(FILE*, popen, const char* command, const char* mode) { return piped(Call::popen, next_popen, command, mode); }

INTERPOSE(FILE*, _IO_popen, const char* command, const char* mode) {
  return piped(Call::_IO_popen, next__IO_popen, command, mode);
}

INTERPOSE(FILE*, _IO_proc_open, FILE* stream, const char* command, const char* mode) {
  return make_with_mode(Call::_IO_proc_open, force_popen_mode, mode,
                        [=](const char* forced) { return next__IO_proc_open(stream, command, forced); });
}

INTERPOSE(FILE*, _IO_file_fopen, FILE* stream, const char* path, const char* mode, int is_32_not_64) {
  return make_with_mode(Call::_IO_file_fopen, force_fopen_mode, mode,
                        [=](const char* forced) { return next__IO_file_fopen(stream, path, forced, is_32_not_64); });
}

INTERPOSE(FILE*, _IO_file_open, FILE* stream, const char* path, int flags, int permissions, int read_write,
          int is_32_not_64) {
  return make_with_flag(
      Call::_IO_file_open, as_stream, Retry::never, next__IO_file_open, flags, O_CLOEXEC,
      [=](auto* next, int forced) { return next(stream, path, forced, permissions, read_write, is_32_not_64); });
}
