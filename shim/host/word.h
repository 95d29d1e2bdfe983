// SPDX-License-Identifier: Apache-2.0
//
// Arguments and results as machine words: integers and pointers are passed alike, to functions with and without a
// prototype, and a word too many is not looked at (the psABIs of x86-64, i386 and aarch64). So one body serves calls of
// every type.
#pragma once

#include <cstdint>
#include <type_traits>

namespace [[gnu::visibility("hidden")]] cloexec {

using Word = std::intptr_t;

/// As many as any call of the catalogue takes, and the number of one that goes through syscall(2).
inline constexpr unsigned most_words = 7;

template <typename Value>
Word to_word(Value value) {
  if constexpr (std::is_pointer_v<Value>)
    return reinterpret_cast<Word>(value);
  else
    return static_cast<Word>(value);
}

template <typename Value>
Value from_word(Word word) {
  if constexpr (std::is_pointer_v<Value>)
    return reinterpret_cast<Value>(word);
  else
    return static_cast<Value>(word);
}

}  // namespace cloexec
