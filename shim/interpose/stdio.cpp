// SPDX-License-Identifier: Apache-2.0
//
// Family stdio: streams opened by name, and those of a child.

#include <cerrno>
#include <cstring>

#include "shim/interpose.h"

using namespace cloexec;

namespace {

[[gnu::always_inline]] inline FILE* opened_here(Site site, auto next, const char* path, const char* mode) {
  return make_with_mode(site, Retry::while_unsettled, force_fopen_mode, mode,
                        [=](const char* forced) { return next(path, forced); });
}

FILE* opened(Site site, Next<decltype(fopen)> next, const char* path, const char* mode) {
  return opened_here(site, next, path, mode);
}

/// freopen(3) keeps the stream's number, and closes the stream when it fails. On an exempt one there is nothing to
/// force: even the descriptor that libc has for a moment is a second one of what the children are to inherit. But glibc
/// before 2.41 remembers an "e" that the stream was once opened with, and that may have been ours.
FILE* reopened(Site site, Next<decltype(freopen)> next, const char* path, const char* mode, FILE* stream) {
  const int error_before = errno;
  const int number = next_fileno(stream);
  errno = error_before;
  if (!is_exempt(number))
    return make_with_mode(site, Retry::never, force_fopen_mode, mode,
                          [=](const char* forced) { return next(path, forced, stream); });
  if (verdict_on(site) == Verdict::exempt) return next(path, mode, stream);
  const bool was_inheritable = close_on_exec_flag(number) == Flag::clear;
  const bool asks_for_it = force_fopen_mode(mode).text[0] == '\0';
  FILE* reopened_stream = next(path, mode, stream);
  if (reopened_stream != nullptr && was_inheritable && !asks_for_it) set_close_on_exec(number, false);
  return reopened_stream;
}

/// setmntent(3) is an fopen to whose mode glibc adds "ce" itself, and then reads seven characters; musl adds nothing.
FILE* opened_mounts(Site site, Next<decltype(fopen)> next, const char* path, const char* mode) {
  const bool libc_does_it = !next_gnu_get_libc_version.is_absent() && std::strlen(mode) + std::strlen("ce") <= 7;
  return libc_does_it ? next(path, mode) : opened(site, next, path, mode);
}

FILE* piped(Site site, Next<decltype(popen)> next, const char* command, const char* mode) {
  return make_with_mode(site, Retry::while_unsettled, force_popen_mode, mode,
                        [=](const char* forced) { return next(command, forced); });
}

}  // namespace

INTERPOSE(FILE*, fopen, const char* path, const char* mode) { return opened_here(HERE(fopen), next_fopen, path, mode); }

INTERPOSE(FILE*, fopen64, const char* path, const char* mode) {
  return opened_here(HERE(fopen64), next_fopen64, path, mode);
}

INTERPOSE(FILE*, _IO_fopen, const char* path, const char* mode) {
  return opened(HERE(_IO_fopen), next__IO_fopen, path, mode);
}

INTERPOSE(FILE*, setmntent, const char* path, const char* mode) noexcept {
  return opened_mounts(HERE(setmntent), next_setmntent, path, mode);
}

INTERPOSE(FILE*, __setmntent, const char* path, const char* mode) {
  return opened_mounts(HERE(__setmntent), next___setmntent, path, mode);
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
  return make_with_mode(HERE(_IO_proc_open), Retry::while_unsettled, force_popen_mode, mode,
                        [=](const char* forced) { return next__IO_proc_open(stream, command, forced); });
}

INTERPOSE(FILE*, _IO_file_fopen, FILE* stream, const char* path, const char* mode, int is_32_not_64) {
  return make_with_mode(HERE(_IO_file_fopen), Retry::while_unsettled, force_fopen_mode, mode,
                        [=](const char* forced) { return next__IO_file_fopen(stream, path, forced, is_32_not_64); });
}

INTERPOSE(FILE*, _IO_file_open, FILE* stream, const char* path, int flags, int permissions, int read_write,
          int is_32_not_64) {
  return make_with_flag(
      HERE(_IO_file_open), as_stream, Retry::while_unsettled, next__IO_file_open, flags, O_CLOEXEC,
      [=](auto* next, int forced) { return next(stream, path, forced, permissions, read_write, is_32_not_64); });
}
