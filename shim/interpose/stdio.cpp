// SPDX-License-Identifier: Apache-2.0
//
// Family stdio: streams opened by name, and those of a child.

#include <cerrno>
#include <cstring>

#include "shim/borrowed.h"
#include "shim/interpose.h"
#include "shim/method/stream.h"

using namespace cloexec;

namespace {

consteval Recipe stream_recipe(Call call, std::int8_t path, std::uint8_t mode) {
  return with_mode(call, mode).about(path);
}

/// fopen in few instructions.
FILE* open_stream(Word path, Word mode, Word, Word, const Recipe& recipe, const void* caller) {
  void* const function = settled_function(recipe.call);
  const ForcedMode forced = force_fopen_mode(from_word<const char*>(mode));
  if (function == nullptr || is_vfork_child() || forced.text[0] == '\0') [[unlikely]] {
    learn_streams();
    return make_by_fopen_mode(path, mode, 0, 0, recipe, caller);
  }
  const Word stream = reinterpret_cast<Word (*)(Word, const char*)>(function)(path, forced.text);
  if (stream != 0 && note_plain(Kind::opened, number_of(from_word<FILE*>(stream)))) [[likely]]
    return from_word<FILE*>(stream);
  return from_word<FILE*>(settle(recipe.call, as_stream, stream));
}

/// freopen(3) keeps the stream's number, and closes the stream when it fails. On an exempt one there is nothing to
/// force: even the descriptor that libc has for a moment is a second one of what the children are to inherit. But glibc
/// before 2.41 remembers an "e" that the stream was once opened with, and that may have been ours.
FILE* reopen_stream(Word path, Word mode, Word stream, Word, const Recipe& recipe, const void* caller) {
  const int error_before = errno;
  const int number = next_fileno(from_word<FILE*>(stream));
  errno = error_before;
  const bool was_forced = is_forced(number);
  // The number is closed, and may be another's before it is ours again.
  if (number >= 0) forget_forced(number);
  const Word words[most_words] = {path, mode, stream};
  const WordCall call(recipe, caller, words);
  if (!is_enforcing() || (!is_exempt(number) && verdict_on(call.site()) != Verdict::exempt))
    return make_by_fopen_mode(path, mode, stream, 0, recipe, caller);
  const bool was_inheritable = was_forced || close_on_exec_flag(number) == Flag::clear;
  const bool asks_for_it = force_fopen_mode(from_word<const char*>(mode)).text[0] == '\0';
  FILE* const reopened = from_word<FILE*>(call.make(plain));
  if (reopened == nullptr || !was_inheritable || asks_for_it) return reopened;
  const int new_number = next_fileno(reopened);
  set_close_on_exec(new_number, false);
  note_made(call.site(), new_number, Made::left);
  return reopened;
}

/// setmntent(3) is an fopen to whose mode glibc adds "ce" itself, and then reads seven characters; musl adds nothing.
FILE* open_mounts(Word path, Word mode, Word, Word, const Recipe& recipe, const void* caller) {
  const Word words[most_words] = {path, mode};
  const bool libc_does_it =
      !next_gnu_get_libc_version.is_absent() && std::strlen(from_word<const char*>(mode)) + std::strlen("ce") <= 7;
  if (libc_does_it) return from_word<FILE*>(WordCall(recipe, caller, words).make(plain));
  return make_by_fopen_mode(path, mode, 0, 0, recipe, caller);
}

}  // namespace

INTERPOSE(FILE*, fopen, const char* path, const char* mode) {
  return make_by<stream_recipe(Call::fopen, 0, 1), open_stream>(CALLER, path, mode);
}

INTERPOSE(FILE*, fopen64, const char* path, const char* mode) {
  return make_by<stream_recipe(Call::fopen64, 0, 1), open_stream>(CALLER, path, mode);
}

INTERPOSE(FILE*, _IO_fopen, const char* path, const char* mode) {
  return make_by<stream_recipe(Call::_IO_fopen, 0, 1), make_by_fopen_mode>(CALLER, path, mode);
}

INTERPOSE(FILE*, _IO_file_fopen, FILE* stream, const char* path, const char* mode, int is_32_not_64) {
  return make_by<stream_recipe(Call::_IO_file_fopen, 1, 2), make_by_fopen_mode>(CALLER, stream, path, mode,
                                                                                is_32_not_64);
}

INTERPOSE(FILE*, setmntent, const char* path, const char* mode) noexcept {
  return make_by<stream_recipe(Call::setmntent, 0, 1), open_mounts>(CALLER, path, mode);
}

INTERPOSE(FILE*, __setmntent, const char* path, const char* mode) {
  return make_by<stream_recipe(Call::__setmntent, 0, 1), open_mounts>(CALLER, path, mode);
}

INTERPOSE(FILE*, freopen, const char* path, const char* mode, FILE* stream) {
  return make_by<stream_recipe(Call::freopen, 0, 1).retried(Retry::never), reopen_stream>(CALLER, path, mode, stream);
}

INTERPOSE(FILE*, freopen64, const char* path, const char* mode, FILE* stream) {
  return make_by<stream_recipe(Call::freopen64, 0, 1).retried(Retry::never), reopen_stream>(CALLER, path, mode, stream);
}

INTERPOSE(FILE*, popen, const char* command, const char* mode) {
  return make_by<stream_recipe(Call::popen, -1, 1), make_by_popen_mode>(CALLER, command, mode);
}

INTERPOSE(FILE*, _IO_popen, const char* command, const char* mode) {
  return make_by<stream_recipe(Call::_IO_popen, -1, 1), make_by_popen_mode>(CALLER, command, mode);
}

INTERPOSE(FILE*, _IO_proc_open, FILE* stream, const char* command, const char* mode) {
  return make_by<stream_recipe(Call::_IO_proc_open, -1, 2), make_by_popen_mode>(CALLER, stream, command, mode);
}

INTERPOSE(FILE*, _IO_file_open, FILE* stream, const char* path, int flags, int permissions, int read_write,
          int is_32_not_64) {
  constexpr Recipe recipe =
      flag(Call::_IO_file_open, 2, O_CLOEXEC).about(1).making(Shape::Kind::stream).retried(Retry::while_unsettled);
  const Word words[most_words] = {to_word(stream), to_word(path), flags, permissions, read_write, is_32_not_64};
  return from_word<FILE*>(WordCall(stored<recipe>, CALLER, words).make());
}
