// SPDX-License-Identifier: Apache-2.0

#include "shim/method/recipe.h"

#include <cstring>

#include "shim/borrowed.h"
#include "shim/verdict.h"

namespace cloexec {
namespace {

using Function = Word (*)(Word, ...);

/// Integers and pointers are passed alike to functions with and without a prototype, and a word too many is not looked
/// at: the psABIs of x86-64, i386 and aarch64 (Linux).
Word call_by_words(Function function, const Word* words) {
  return function(words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
}

Word call_function(const Recipe& recipe, Call call, const Word* words) {
  void* const absent = recipe.kind == Shape::Kind::stream ? reinterpret_cast<void*>(absent_pointer)
                                                          : reinterpret_cast<void*>(absent_number);
  void* const function = get_next(symbol_of(call), absent);
  if (function == absent && recipe.number != 0)
    return next_syscall(recipe.number, words[0], words[1], words[2], words[3], words[4], words[5]);
  return call_by_words(reinterpret_cast<Function>(function), words);
}

}  // namespace

Shape WordCall::shape() const {
  const bool is_pair = recipe_.kind == Shape::Kind::pair;
  return {recipe_.kind, is_pair ? from_word<const int*>(words_[recipe_.subject]) : nullptr};
}

Word WordCall::make(bool form) const {
  if (form == plain) return call_function(recipe_, is_by_number_ ? Call::syscall : recipe_.call, words_);
  Word changed[most_words];
  std::memcpy(changed, words_, sizeof changed);
  changed[recipe_.place] = replacement_;
  if (is_by_number_ && recipe_.number != 0) changed[0] = recipe_.number;
  return call_function(recipe_, is_by_number_ ? Call::syscall : recipe_.atomic_call, changed);
}

Word WordCall::make() const {
  const CallArguments given = arguments();
  if (given.make_none()) {
    given.forget_marked();
    const Word result = make(plain);
    given.note(site(), static_cast<int>(result));
    return result;
  }
  const auto forms = [this](bool form) { return make(form); };
  return given.must_stay_plain() ? make_as_written() : make(Forms(forms));
}

Word WordCall::make_as_written() const {
  const auto forms = [this](bool form) { return make(form); };
  if (is_asked_for()) return make_as_asked(site(), shape(), Made::marked, Forms(forms));
  if (verdict_on(site()) == Verdict::exempt) return make_as_asked(site(), shape(), Made::left, Forms(forms));
  return make_plainly(site(), shape(), Forms(forms));
}

Word WordCall::make(Forms forms) const {
  // What lay at the number that dup3 is told is gone before anybody can look.
  if (is_asked_for() && family_of(recipe_.call) == Family::dup2) forget_forced(site().number());
  if (is_asked_for()) return make_as_asked(site(), shape(), Made::marked, forms);
  const Symbol settled_by = is_by_number_ ? Symbol::end : symbol_of(recipe_.atomic_call);
  return cloexec::make({recipe_.call, shape(), recipe_.retry, settled_by}, caller_, site().detail, forms);
}

Word WordCall::settle(Word result) const {
  const auto forms = [this](bool form) { return make(form); };
  return cloexec::settle({recipe_.call, shape(), recipe_.retry}, Forms(forms), result);
}

namespace {

/// Apart: signal handlers have little stack.
[[gnu::noinline]] int make_in_full(Word a, Word b, Word c, Word d, const Recipe& recipe, const void* caller) {
  const Word words[most_words] = {a, b, c, d};
  return static_cast<int>(WordCall(recipe, caller, words).make());
}

}  // namespace

int make_recipe(Word a, Word b, Word c, Word d, const Recipe& recipe, const void* caller) {
  Word words[] = {a, b, c, d};
  Word& changed = words[recipe.place];
  const Word asked = recipe.is_flag ? changed : 0;
  void* const function = settled_function(recipe.call);
  // The same as make_fast, in one place for all that have no body of their own.
  if (function == nullptr || recipe.is_special || is_vfork_child() || (asked & static_cast<Word>(recipe.value)) != 0)
    return make_in_full(a, b, c, d, recipe, caller);

  changed = asked | static_cast<Word>(recipe.value);
  const auto result = static_cast<int>(reinterpret_cast<Function>(function)(words[0], words[1], words[2], words[3]));
  const Kind kind = kind_of(recipe.call);
  const bool is_noted = recipe.kind == Shape::Kind::pair
                            ? note_plain(kind, result, from_word<const int*>(words[recipe.subject]))
                            : note_plain(kind, result);
  if (is_noted) [[likely]]
    return result;
  return static_cast<int>(settle_recipe(a, b, c, d, recipe, result));
}

Word settle_recipe(Word a, Word b, Word c, Word d, const Recipe& recipe, Word result) {
  const Word words[most_words] = {a, b, c, d};
  return WordCall(recipe, nullptr, words).settle(result);
}

}  // namespace cloexec
