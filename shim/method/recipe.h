// SPDX-License-Identifier: Apache-2.0
//
// How a call is made close-on-exec, as data: which argument is another in the atomic form, and which function that is
// made by. All calls are made by one body that reads such recipes; method/fast.h spares those that programs make most
// the way there. It sees arguments as words, as the machine passes them: integers and pointers only, which holds for
// every call of the catalogue.
#pragma once

#include "shim/method/arguments.h"
#include "shim/method/make.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Recipe {
  Call call;                 // what rules and abilities are asked about
  Call atomic_call;          // whose function makes the atomic form
  std::uint8_t place;        // of the argument that changes
  bool is_flag;              // whether that is done by adding `value` to it; else it becomes `value`
  std::int8_t subject = -1;  // place of the path, of the number that dup2 is told, or of a pair's ends
  Shape::Kind kind = Shape::Kind::number;
  Retry retry = Retry::if_refused_or_invalid;
  std::uint16_t number =
      0;  // the system call of the atomic form: of calls by number, and should libc lack the function
  std::uint32_t value = 0;
  // Whether the arguments decide what is made: interposers that call make_fast for such a call look at them before.
  bool is_special = special_of(call) != Special::none;

  consteval Recipe about(std::int8_t where) const {
    Recipe changed = *this;
    changed.subject = where;
    return changed;
  }
  consteval Recipe making(Shape::Kind what) const {
    Recipe changed = *this;
    changed.kind = what;
    return changed;
  }
  consteval Recipe retried(Retry when) const {
    Recipe changed = *this;
    changed.retry = when;
    return changed;
  }
  consteval Recipe or_syscall(std::uint16_t which) const {
    Recipe changed = *this;
    changed.number = which;
    return changed;
  }
};

/// Method "flag": the argument at `place` holds the flags, and `bit` means close-on-exec.
consteval Recipe flag(Call call, std::uint8_t place, std::uint32_t bit) {
  return {.call = call, .atomic_call = call, .place = place, .is_flag = true, .value = bit};
}

/// Method "substitute": another call, to which `value` is given at `place`.
consteval Recipe substitute(Call call, Call other, std::uint8_t place, std::uint32_t value) {
  return {.call = call, .atomic_call = other, .place = place, .is_flag = false, .value = value};
}

/// Method "mode": the mode string at `place`.
consteval Recipe with_mode(Call call, std::uint8_t place) {
  return substitute(call, call, place, 0).making(Shape::Kind::stream).retried(Retry::while_unsettled);
}

/// As many as any call has, and the number of one that goes through syscall(2).
inline constexpr unsigned most_words = 7;

/// A call as it was made, and the word that is different in its atomic form.
class WordCall {
 public:
  WordCall(const Recipe& recipe, const void* caller, const Word* words)
      : recipe_(recipe), caller_(caller), words_(words), replacement_(asked() | static_cast<Word>(recipe.value)) {}

  /// `is_by_number`: through syscall(2), with the system call's number as the first word.
  WordCall(const Recipe& recipe, const void* caller, const Word* words, Word replacement, bool is_by_number)
      : recipe_(recipe), caller_(caller), words_(words), replacement_(replacement), is_by_number_(is_by_number) {}

  static WordCall by_number(const Recipe& recipe, const void* caller, const Word* words) {
    WordCall call(recipe, caller, words);
    call.is_by_number_ = true;
    return call;
  }

  /// Makes it in one form.
  Word make(bool form) const;

  /// Makes it close-on-exec, unless it is so already or makes no descriptor.
  Word make() const;

  /// The same of a call that makes one; `forms` makes the call, and does more.
  Word make(Forms forms) const;

  /// Makes it as the program wrote it, and sets the flag afterwards unless rules say no.
  Word make_as_written() const;

  /// Ends it when it was settled: `result` is that of the atomic form.
  Word settle(Word result) const;

  /// Whether the program asked for close-on-exec itself.
  bool is_asked_for() const { return (asked() & static_cast<Word>(recipe_.value)) != 0; }

  /// What rules look at in it.
  Site site() const { return {recipe_.call, caller_, recipe_.subject >= 0 ? words_[recipe_.subject] : 0}; }

  /// How descriptors are found in its result.
  Shape shape() const;

  /// As its function gets them.
  CallArguments arguments() const { return {recipe_.call, words_ + (is_by_number_ ? 1 : 0)}; }

 private:
  /// The flags that the program wrote.
  Word asked() const { return recipe_.is_flag ? words_[recipe_.place] : 0; }

  const Recipe& recipe_;
  const void* caller_;
  const Word* words_;
  Word replacement_;
  bool is_by_number_ = false;
};

template <Recipe recipe>
inline constexpr Recipe stored = recipe;

/// Makes a call of four words at most. These come first: they stay in the registers in which the interposer got them,
/// and it ends in a jump.
template <typename Result>
using Maker = Result(Word a, Word b, Word c, Word d, const Recipe& recipe, const void* caller);

Maker<int> make_recipe;

/// Ends a settled call whose atomic form failed or landed on what may be an exempt number. No rule has a say then:
/// where the call came from does not matter.
Word settle_recipe(Word a, Word b, Word c, Word d, const Recipe& recipe, Word result);

/// Makes a call by a recipe; `caller` is CALLER.
template <Recipe recipe, auto& maker = make_recipe>
[[gnu::always_inline]] inline auto make_by(const void* caller, auto... arguments) {
  const auto make = [=](Word a = 0, Word b = 0, Word c = 0, Word d = 0) {
    return maker(a, b, c, d, stored<recipe>, caller);
  };
  return make(to_word(arguments)...);
}

}  // namespace cloexec
