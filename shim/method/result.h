// SPDX-License-Identifier: Apache-2.0
//
// What a call returns, seen as the descriptors that it made, so that one slow path serves all calls.
#pragma once

#include <cstdint>
#include <cstdio>
#include <type_traits>

#include "shim/next.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The result of any interposed call: a descriptor, 0 or -1, or a stream.
using Word = std::intptr_t;

template <typename Result>
Word to_word(Result result) {
  if constexpr (std::is_pointer_v<Result>)
    return reinterpret_cast<Word>(result);
  else
    return static_cast<Word>(result);
}

template <typename Result>
Result from_word(Word word) {
  if constexpr (std::is_pointer_v<Result>)
    return reinterpret_cast<Result>(word);
  else
    return static_cast<Result>(word);
}

/// How descriptors are found in a result.
struct Shape {
  enum class Kind : std::uint8_t { number, stream, pair };
  Kind kind;
  const int* ends = nullptr;  // of a pair
};

inline constexpr Shape as_number{Shape::Kind::number};
inline constexpr Shape as_stream{Shape::Kind::stream};
constexpr Shape as_pair(const int* ends) { return {Shape::Kind::pair, ends}; }

/// The lowest descriptor of a result; -1 when there is none, since the call failed.
[[gnu::always_inline]] inline int lowest_descriptor(Shape shape, Word result) {
  if (shape.kind == Shape::Kind::stream) return result != 0 ? next_fileno.get_fast()(from_word<FILE*>(result)) : -1;
  if (shape.kind == Shape::Kind::number || static_cast<int>(result) < 0) return static_cast<int>(result);
  // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a pair has its ends.
  return shape.ends[0] < shape.ends[1] ? shape.ends[0] : shape.ends[1];
}

}  // namespace cloexec
