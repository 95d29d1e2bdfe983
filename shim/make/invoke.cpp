// SPDX-License-Identifier: Apache-2.0

#include "shim/make/invoke.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <cstring>

#include "shim/host/next.h"
#include "shim/make/mode.h"
#include "shim/make/outcome.h"
#include "shim/make/pseudoterminal.h"
#include "shim/record/recorder.h"

namespace cloexec {
namespace {

using Function = Word (*)(Word, ...);

/// `place` of `words`, if it is one of theirs, is `replacement`.
Word invoke_function(const Recipe& recipe, Call call, const Word* words, unsigned place = most_words,
                     Word replacement = 0) {
  const auto word = [=](unsigned i) { return i == place ? replacement : words[i]; };
  void* const absent = recipe.outcome == Outcome::stream ? reinterpret_cast<void*>(absent_pointer)
                                                         : reinterpret_cast<void*>(absent_number);
  void* const function = get_next(symbol_of(call), absent);
  if (function == absent && recipe.number != 0)
    return next_syscall(recipe.number, word(0), word(1), word(2), word(3), word(4), word(5));
  return reinterpret_cast<Function>(function)(word(0), word(1), word(2), word(3), word(4), word(5), word(6));
}

/// forkpty's terminals are made by openpty.
Call plain_call(const Attempt& attempt) {
  if (attempt.is_by_number) return Call::syscall;
  return attempt.recipe.way == Way::openpty ? attempt.recipe.atomic_call : attempt.recipe.call;
}

/// With another word at the recipe's place.
Word invoke_with(const Attempt& attempt, Word replacement) {
  const Recipe& recipe = attempt.recipe;
  if (!attempt.is_by_number)
    return invoke_function(recipe, recipe.atomic_call, attempt.words, recipe.place, replacement);
  Word changed[most_words];
  std::memcpy(changed, attempt.words, sizeof changed);
  if (recipe.number != 0) changed[0] = recipe.number;
  return invoke_function(recipe, Call::syscall, changed, recipe.place, replacement);
}

// Each of the following is apart, for it takes room on the stack: that of a signal handler, perhaps.

/// The flags of openat2 are in a struct that is the caller's.
[[gnu::noinline]] Word invoke_with_how(const Attempt& attempt) {
  union {
    open_how how;
    unsigned char bytes[largest_how];
  } copy;
  const Word* const words = attempt.words + attempt.recipe.place;
  std::memcpy(copy.bytes, from_word<const void*>(words[0]), static_cast<std::size_t>(words[1]));
  copy.how.flags |= O_CLOEXEC;
  return invoke_with(attempt, to_word(&copy.how));
}

[[gnu::noinline]] Word invoke_with_mode(const Attempt& attempt) {
  const ForcedMode mode = force_mode(attempt.recipe.way, from_word<const char*>(attempt.words[attempt.recipe.place]));
  return invoke_with(attempt, to_word(&mode.text[0]));
}

[[gnu::noinline]] Word invoke_open(const Attempt& attempt) {
  const Word words[most_words] = {attempt.words[0], static_cast<Word>(attempt.recipe.value), attempt.words[1]};
  return invoke_function(attempt.recipe, attempt.recipe.atomic_call, words);
}

/// In the same two steps as libc: a file without a name, or one that loses it at once where the file system has none
/// such.
[[gnu::noinline]] Word invoke_tmpfile(const Attempt& attempt) {
  const bool is_large = attempt.recipe.call == Call::tmpfile64;
  const Next<decltype(::open)> open(symbol_of(is_large ? Call::open64 : Call::open));
  int fd = open(P_tmpdir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    char path[] = P_tmpdir "/tmpfXXXXXX";
    fd = Next<decltype(::mkostemp)>(symbol_of(is_large ? Call::mkostemp64 : Call::mkostemp))(path, O_CLOEXEC);
    if (fd < 0) return 0;
    next_unlink(path);
  }
  FILE* const stream = next_fdopen(fd, "w+");
  if (stream == nullptr) next_close(fd);
  return to_word(stream);
}

}  // namespace

namespace {

Word invoke_in(const Attempt& attempt, Form form) {
  if (form == Form::plain) return invoke_function(attempt.recipe, plain_call(attempt), attempt.words);
  switch (attempt.recipe.way) {
    case Way::flag:
      return invoke_with(attempt, attempt.words[attempt.recipe.place] | static_cast<Word>(attempt.recipe.value));
    case Way::word:
      return invoke_with(attempt, static_cast<Word>(attempt.recipe.value));
    case Way::open_how:
      return invoke_with_how(attempt);
    case Way::fopen_mode:
    case Way::popen_mode:
      return invoke_with_mode(attempt);
    case Way::creat:
      return invoke_open(attempt);
    case Way::tmpfile:
      return invoke_tmpfile(attempt);
    case Way::openpty:
      return open_terminal_pair(attempt.words);
  }
  __builtin_unreachable();
}

}  // namespace

Word invoke(const Attempt& attempt, Form form) {
  const Word result = invoke_in(attempt, form);
  // All that take a descriptor take it first.
  if (is_recording() && has_failed(attempt, result))
    tell_if_missed(name_of(attempt.recipe.call), static_cast<int>(attempt.arguments()[0]));
  return result;
}

}  // namespace cloexec
