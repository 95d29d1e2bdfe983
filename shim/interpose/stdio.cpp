// SPDX-License-Identifier: Apache-2.0
//
// Family stdio: streams opened by name, and those of a child.

#include <cerrno>
#include <cstring>

#include "shim/interpose.h"

using namespace cloexec;

namespace {

/// freopen(3) keeps the stream's number, and closes the stream when it fails. On an exempt one there is nothing to
/// force: even the descriptor that libc has for a moment is a second one of what the children are to inherit. But glibc
/// before 2.41 remembers an "e" that the stream was once opened with, and that may have been ours.
FILE* reopened(const Recipe& recipe, const void* caller, const char* path, const char* mode, FILE* stream) {
  const int error_before = errno;
  const int number = next_fileno(stream);
  errno = error_before;
  const Word words[most_words] = {to_word(path), to_word(mode), to_word(stream)};
  const WordCall call(recipe, caller, words);
  if (!is_exempt(number) && verdict_on(call.site()) != Verdict::exempt)
    return make_with_mode(recipe, caller, words, force_fopen_mode);
  const bool was_inheritable = is_forced(number) || close_on_exec_flag(number) == Flag::clear;
  const bool asks_for_it = force_fopen_mode(mode).text[0] == '\0';
  FILE* reopened_stream = from_word<FILE*>(call.make(plain));
  if (reopened_stream == nullptr || !was_inheritable || asks_for_it) return reopened_stream;
  set_close_on_exec(next_fileno(reopened_stream), false);
  note_forced(next_fileno(reopened_stream), false);
  return reopened_stream;
}

/// setmntent(3) is an fopen to whose mode glibc adds "ce" itself, and then reads seven characters; musl adds nothing.
FILE* opened_mounts(const Recipe& recipe, const void* caller, const char* path, const char* mode) {
  const Word words[most_words] = {to_word(path), to_word(mode)};
  const bool libc_does_it = !next_gnu_get_libc_version.is_absent() && std::strlen(mode) + std::strlen("ce") <= 7;
  if (libc_does_it) return from_word<FILE*>(WordCall(recipe, caller, words).make(plain));
  return make_with_mode(recipe, caller, words, force_fopen_mode);
}

}  // namespace

INTERPOSE(FILE*, fopen, const char* path, const char* mode) {
  return fopen_fast(HERE(fopen).about(path), next_fopen, path, mode);
}

INTERPOSE(FILE*, fopen64, const char* path, const char* mode) {
  return fopen_fast(HERE(fopen64).about(path), next_fopen64, path, mode);
}

INTERPOSE(FILE*, _IO_fopen, const char* path, const char* mode) {
  return make_by_mode<with_mode(Call::_IO_fopen, 1).about(0)>(CALLER, force_fopen_mode, path, mode);
}

INTERPOSE(FILE*, setmntent, const char* path, const char* mode) noexcept {
  return opened_mounts(stored<with_mode(Call::setmntent, 1).about(0)>, CALLER, path, mode);
}

INTERPOSE(FILE*, __setmntent, const char* path, const char* mode) {
  return opened_mounts(stored<with_mode(Call::__setmntent, 1).about(0)>, CALLER, path, mode);
}

INTERPOSE(FILE*, freopen, const char* path, const char* mode, FILE* stream) {
  return reopened(stored<with_mode(Call::freopen, 1).about(0).retried(Retry::never)>, CALLER, path, mode, stream);
}

INTERPOSE(FILE*, freopen64, const char* path, const char* mode, FILE* stream) {
  return reopened(stored<with_mode(Call::freopen64, 1).about(0).retried(Retry::never)>, CALLER, path, mode, stream);
}

INTERPOSE(FILE*, popen, const char* command, const char* mode) {
  return make_by_mode<with_mode(Call::popen, 1)>(CALLER, force_popen_mode, command, mode);
}

INTERPOSE(FILE*, _IO_popen, const char* command, const char* mode) {
  return make_by_mode<with_mode(Call::_IO_popen, 1)>(CALLER, force_popen_mode, command, mode);
}

INTERPOSE(FILE*, _IO_proc_open, FILE* stream, const char* command, const char* mode) {
  return make_by_mode<with_mode(Call::_IO_proc_open, 2)>(CALLER, force_popen_mode, stream, command, mode);
}

INTERPOSE(FILE*, _IO_file_fopen, FILE* stream, const char* path, const char* mode, int is_32_not_64) {
  return make_by_mode<with_mode(Call::_IO_file_fopen, 2).about(1)>(CALLER, force_fopen_mode, stream, path, mode,
                                                                   is_32_not_64);
}

INTERPOSE(FILE*, _IO_file_open, FILE* stream, const char* path, int flags, int permissions, int read_write,
          int is_32_not_64) {
  constexpr Recipe recipe =
      flag(Call::_IO_file_open, 2, O_CLOEXEC).about(1).making(Shape::Kind::stream).retried(Retry::while_unsettled);
  return make_by<recipe, FILE*>(CALLER, stream, path, flags, permissions, read_write, is_32_not_64);
}
