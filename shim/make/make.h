// SPDX-License-Identifier: Apache-2.0
//
// The way every descriptor is made: by the atomic form of the call where that works, else by the plain form with the
// flag set right afterwards; and never close-on-exec on an exempt number, wherever it comes from.
#pragma once

#include <cstdio>
#include <type_traits>

#include "shim/make/attempt.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Makes the call: the whole of what is done about it. Returns what the call does; errno is the call's, and unchanged
/// when only the atomic form has failed. May be called in a signal handler and between fork and exec.
Word make(const Attempt& attempt);

/// The rest of that, once the atomic form has returned `result`: of a settled call, which failed or made what needs
/// another look. errno is the call's; if the plain form then works, it keeps the atomic form's (docs/limitations.md).
/// May be called where make() may.
Word finish(const Attempt& attempt, Word result);

/// make() of a call of four words at most. These come first: they stay in the registers in which the interposer got
/// them, and it ends in a jump. A settled call is made in fewer instructions.
Word make_words(Word a, Word b, Word c, Word d, const Recipe& recipe, const void* caller);

/// finish() of such a call.
Word finish_words(Word a, Word b, Word c, Word d, const Recipe& recipe, const void* caller, Word result);

/// What the function returns that a recipe is for.
template <Recipe recipe>
using ResultOf = std::conditional_t<recipe.outcome == Outcome::stream, FILE*,
                                    std::conditional_t<recipe.outcome == Outcome::rights, ssize_t, int>>;

/// What an interposer says: makes its call by a recipe, with the arguments that it got; `caller` is CALLER.
template <Recipe recipe, typename... Arguments>
[[gnu::always_inline]] inline auto make_by(const void* caller, Arguments... arguments) {
  if constexpr (sizeof...(arguments) <= 4) {
    const auto made = [=](Word a = 0, Word b = 0, Word c = 0, Word d = 0) {
      return make_words(a, b, c, d, stored<recipe>, caller);
    };
    return from_word<ResultOf<recipe>>(made(to_word(arguments)...));
  } else {
    const Word words[most_words] = {to_word(arguments)...};
    return from_word<ResultOf<recipe>>(make({stored<recipe>, caller, words}));
  }
}

}  // namespace cloexec
