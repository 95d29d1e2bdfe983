// SPDX-License-Identifier: Apache-2.0
//
// Recipes in few instructions, for the calls that programs make most.
#pragma once

#include <utility>

#include "shim/borrowed.h"
#include "shim/method/recipe.h"

namespace [[gnu::visibility("hidden")]] cloexec {

namespace detail {

/// Argument `place`, as the atomic form has it.
template <Recipe recipe, std::size_t place, typename Argument>
constexpr Argument in_atomic_form(Argument argument) {
  if constexpr (place != recipe.place)
    return argument;
  else
    return static_cast<Argument>(recipe.is_flag ? argument | static_cast<Argument>(recipe.value)
                                                : static_cast<Argument>(recipe.value));
}

template <Recipe recipe, typename First, typename... Rest>
constexpr bool is_asked_for(First first, Rest... rest) {
  if constexpr (!recipe.is_flag) return false;
  const Word words[] = {to_word(first), to_word(rest)...};
  return (words[recipe.place] & static_cast<Word>(recipe.value)) != 0;
}

template <Recipe recipe>
[[gnu::always_inline]] inline bool note_made(int result, auto... arguments) {
  if constexpr (recipe.kind == Shape::Kind::pair) {
    const Word words[] = {to_word(arguments)...};
    return note_plain(kind_of(recipe.call), result, from_word<const int*>(words[recipe.subject]));
  } else {
    return note_plain(kind_of(recipe.call), result);
  }
}

}  // namespace detail

/// Makes a call by a recipe. It becomes part of the interposer, whose caller it looks for only when it must.
template <Recipe recipe, typename... Arguments>
[[gnu::always_inline]] inline int make_fast(Arguments... arguments) {
  void* const function = settled_function(recipe.call);
  // A vfork child has its parent's memory: plans, and what is noted.
  if (function == nullptr || is_vfork_child() || detail::is_asked_for<recipe>(arguments...)) [[unlikely]]
    return make_by<recipe>(__builtin_return_address(0), arguments...);

  const int result = [=]<std::size_t... places>(std::index_sequence<places...>) {
    return reinterpret_cast<int (*)(Arguments...)>(function)(detail::in_atomic_form<recipe, places>(arguments)...);
  }
  (std::index_sequence_for<Arguments...>());
  if (detail::note_made<recipe>(result, arguments...)) [[likely]]
    return result;
  if constexpr (recipe.retry == Retry::while_unsettled) return static_cast<int>(settle(recipe.call, as_number, result));
  const auto settle = [=](Word a = 0, Word b = 0, Word c = 0, Word d = 0) {
    return settle_recipe(a, b, c, d, stored<recipe>, result);
  };
  return static_cast<int>(settle(to_word(arguments)...));
}

}  // namespace cloexec
