// SPDX-License-Identifier: Apache-2.0
//
// Family stdio: streams opened by name, and those of a child.

#include <cstring>

#include "shim/decide/settings.h"
#include "shim/decide/verdict.h"
#include "shim/host/descriptor.h"
#include "shim/interpose/interpose.h"
#include "shim/interpose/recipes.h"
#include "shim/make/invoke.h"
#include "shim/make/mode.h"
#include "shim/process/gate.h"
#include "shim/record/recorder.h"

using namespace cloexec;

namespace {

consteval Recipe fopen_recipe(Call call, std::int8_t path, std::uint8_t mode) {
  return with_mode(call, Way::fopen_mode, mode).about(path);
}

/// An optimisation that a reader may skip: a settled fopen. The rest is make_by()'s.
Word open_stream(Word path, Word mode, const Recipe& recipe, const void* caller) {
  void* const function = settled_function(recipe.call);
  const ForcedMode forced = force_fopen_mode(from_word<const char*>(mode));
  if (function == nullptr || is_vfork_child() || forced.text[0] == '\0') [[unlikely]] {
    learn_streams();
    return make_words(path, mode, 0, 0, recipe, caller);
  }
  const Word stream = reinterpret_cast<Word (*)(Word, const char*)>(function)(path, forced.text);
  if (stream != 0 && note_settled(Kind::opened, number_of(from_word<FILE*>(stream)))) [[likely]]
    return stream;
  return finish_words(path, mode, 0, 0, recipe, caller, stream);
}

template <Call call>
[[gnu::always_inline]] inline FILE* open_quickly(const void* caller, const char* path, const char* mode) {
  return from_word<FILE*>(open_stream(to_word(path), to_word(mode), stored<fopen_recipe(call, 0, 1)>, caller));
}

/// freopen(3) keeps the stream's number, and closes the stream when it fails. On an exempt one there is nothing to
/// force: even the descriptor that libc has for a moment is a second one of what the children are to inherit. But glibc
/// before 2.41 remembers an "e" that the stream was once opened with, and that may have been ours.
FILE* reopen_inheritable(const Attempt& attempt, int number, bool was_forced) {
  const bool was_inheritable = was_forced || close_on_exec_flag(number) == Flag::clear;
  FILE* const reopened = from_word<FILE*>(invoke(attempt, Form::plain));
  if (reopened == nullptr || !was_inheritable || is_asked_for(attempt)) return reopened;
  const int new_number = next_fileno(reopened);
  set_close_on_exec(new_number, false);
  note_left(attempt.site(), new_number);
  return reopened;
}

template <Call call>
FILE* reopen(const void* caller, const char* path, const char* mode, FILE* stream) {
  const int number = descriptor_of(stream);
  const bool was_forced = is_forced(number);
  const bool was_marked = number >= 0 && entry_of(number) == noted_marked;
  // The number is closed, and may be another's before it is ours again.
  if (number >= 0) forget_forced(number);
  const Word words[most_words] = {to_word(path), to_word(mode), to_word(stream)};
  const bool is_missing = ability_of(Call::fopen) == Ability::missing || ability_of(Call::open) == Ability::missing;
  const Attempt attempt{.recipe = stored<fopen_recipe(call, 0, 1).retried(Retry::never)>,
                        .caller = caller,
                        .words = words,
                        .must_stay_plain = is_missing};
  const bool stays = is_enforcing() && (is_exempt(number) || verdict_on(attempt.site()) == Verdict::exempt);
  if (stays) return reopen_inheritable(attempt, number, was_forced);
  FILE* const reopened = from_word<FILE*>(make(attempt));
  // glibc before 2.41 remembers an "e" of the program's own: bare nobody gets it.
  if (reopened != nullptr && was_marked) note_entry(descriptor_of(reopened), noted_marked);
  return reopened;
}

/// setmntent(3) is an fopen to whose mode glibc adds "ce" itself, and then reads seven characters; musl adds nothing.
template <Call call>
FILE* open_mounts(const void* caller, const char* path, const char* mode) {
  const Word words[most_words] = {to_word(path), to_word(mode)};
  const Attempt attempt{stored<fopen_recipe(call, 0, 1)>, caller, words};
  const bool libc_does_it = !next_gnu_get_libc_version.is_absent() && std::strlen(mode) + std::strlen("ce") <= 7;
  return from_word<FILE*>(libc_does_it ? invoke(attempt, Form::plain) : make(attempt));
}

/// popen(3) starts a shell, which is given nothing.
template <Recipe recipe, typename... Arguments>
FILE* open_process(const void* caller, Arguments... arguments) {
  if (is_recording()) record_shell(name_of(recipe.call).data());
  const Starting starting;
  return make_by<recipe>(caller, arguments...);
}

consteval Recipe popen_recipe(Call call, std::uint8_t mode) { return with_mode(call, Way::popen_mode, mode); }

}  // namespace

INTERPOSE(FILE*, fopen, const char* path, const char* mode) { return open_quickly<Call::fopen>(CALLER, path, mode); }

INTERPOSE(FILE*, fopen64, const char* path, const char* mode) {
  return open_quickly<Call::fopen64>(CALLER, path, mode);
}

INTERPOSE(FILE*, _IO_fopen, const char* path, const char* mode) {
  return make_by<fopen_recipe(Call::_IO_fopen, 0, 1)>(CALLER, path, mode);
}

INTERPOSE(FILE*, _IO_file_fopen, FILE* stream, const char* path, const char* mode, int is_32_not_64) {
  return make_by<fopen_recipe(Call::_IO_file_fopen, 1, 2)>(CALLER, stream, path, mode, is_32_not_64);
}

INTERPOSE(FILE*, setmntent, const char* path, const char* mode) noexcept {
  return open_mounts<Call::setmntent>(CALLER, path, mode);
}

INTERPOSE(FILE*, __setmntent, const char* path, const char* mode) {
  return open_mounts<Call::__setmntent>(CALLER, path, mode);
}

INTERPOSE(FILE*, freopen, const char* path, const char* mode, FILE* stream) {
  return reopen<Call::freopen>(CALLER, path, mode, stream);
}

INTERPOSE(FILE*, freopen64, const char* path, const char* mode, FILE* stream) {
  return reopen<Call::freopen64>(CALLER, path, mode, stream);
}

INTERPOSE(FILE*, popen, const char* command, const char* mode) {
  return open_process<popen_recipe(Call::popen, 1)>(CALLER, command, mode);
}

INTERPOSE(FILE*, _IO_popen, const char* command, const char* mode) {
  return open_process<popen_recipe(Call::_IO_popen, 1)>(CALLER, command, mode);
}

INTERPOSE(FILE*, _IO_proc_open, FILE* stream, const char* command, const char* mode) {
  return open_process<popen_recipe(Call::_IO_proc_open, 2)>(CALLER, stream, command, mode);
}

INTERPOSE(FILE*, _IO_file_open, FILE* stream, const char* path, int flags, int permissions, int read_write,
          int is_32_not_64) {
  return make_by<open_recipe(Call::_IO_file_open, 1, 2).giving(Outcome::stream)>(CALLER, stream, path, flags,
                                                                                 permissions, read_write, is_32_not_64);
}
