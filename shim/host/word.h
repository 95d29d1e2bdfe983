// SPDX-License-Identifier: Apache-2.0
//
// Arguments and results as machine words: integers and pointers are passed alike, to functions with and without a
// prototype, and a word too many is not looked at (the psABIs of docs/architectures.md). So one body serves calls of
// every type. Nothing here fails or changes errno.
#pragma once

#include <cstdint>
#include <type_traits>

#include "shim/machine/machine.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// An argument or a result as the machine passes it.
using Word = std::intptr_t;

/// As many words as any call of the catalogue takes, and the number of one that goes through syscall(2).
inline constexpr unsigned most_words = 7;

/// The type to call a function by that takes these arguments, whether it is variadic or not.
template <typename Result, typename... Arguments>
using Called = std::conditional_t<Machine::can_call_variadic_as_fixed, Result(Arguments...), Result(...)>;

/// A value as a word; a negative number stays what it is.
template <typename Value>
Word to_word(Value value) {
  if constexpr (std::is_pointer_v<Value>)
    return reinterpret_cast<Word>(value);
  else if constexpr (Machine::is_unsigned_passed_with_sign && std::is_same_v<Value, unsigned>)
    return static_cast<int>(value);
  else
    return static_cast<Word>(value);
}

/// The value that a word was made of; of a narrower type the low bits.
template <typename Value>
Value from_word(Word word) {
  if constexpr (std::is_pointer_v<Value>)
    return reinterpret_cast<Value>(word);
  else
    return static_cast<Value>(word);
}

}  // namespace cloexec
