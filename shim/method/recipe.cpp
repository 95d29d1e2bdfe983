// SPDX-License-Identifier: Apache-2.0

#include "shim/method/recipe.h"

#include <cstring>

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
  return make(Forms([this](bool form) { return make(form); }));
}

Word WordCall::make(Forms forms) const {
  if ((asked() & static_cast<Word>(recipe_.value)) != 0) return make_as_asked(shape(), forms);
  return cloexec::make({recipe_.call, shape(), recipe_.retry}, caller_, site().detail, forms);
}

}  // namespace cloexec
