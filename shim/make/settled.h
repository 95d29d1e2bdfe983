// SPDX-License-Identifier: Apache-2.0
//
// An optimisation that a reader may skip: a settled call (it is forced, no rule has a say, and its atomic form has been
// seen to work) is made by that form and noted, in some 25 instructions. Whatever else comes out goes to finish().
#pragma once

#include <utility>

#include "shim/host/stream.h"
#include "shim/host/word.h"
#include "shim/make/ability.h"
#include "shim/make/make.h"
#include "shim/process/borrowed.h"
#include "shim/process/forced.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Whether the atomic form differs in one word, a call that fails has changed nothing, and the result is a number or a
/// pair.
constexpr bool has_register_path(const Recipe& recipe) {
  return (recipe.way == Way::flag || recipe.way == Way::word) && !recipe.fills_template &&
         (recipe.outcome == Outcome::number || recipe.outcome == Outcome::pair);
}

/// Whether calls of this recipe can be settled: those, and those that have a short way of their own.
constexpr bool can_settle(const Recipe& recipe) {
  return has_register_path(recipe) || recipe.outcome == Outcome::rights || recipe.call == Call::fopen ||
         recipe.call == Call::fopen64;
}

/// The function that makes this call in its settled form; null where it must be made in full. A vfork child has its
/// parent's memory: plans, and what is noted.
[[gnu::always_inline]] inline void* settled_maker(const Recipe& recipe, const Word* words) {
  void* const function = settled_function(recipe.call);
  const bool is_asked_for = recipe.way == Way::flag && (words[recipe.place] & static_cast<Word>(recipe.value)) != 0;
  return is_asked_for || is_vfork_child() ? nullptr : function;
}

/// The word at `place` in the atomic form.
[[gnu::always_inline]] inline Word atomic_word(const Recipe& recipe, const Word* words, unsigned place) {
  if (place != recipe.place) return words[place];
  return static_cast<Word>(recipe.value) | (recipe.way == Way::flag ? words[place] : 0);
}

[[gnu::always_inline]] inline Word make_settled(const Recipe& recipe, void* function, const Word* words) {
  return reinterpret_cast<Called<Word, Word, Word, Word, Word>*>(function)(
      atomic_word(recipe, words, 0), atomic_word(recipe, words, 1), atomic_word(recipe, words, 2),
      atomic_word(recipe, words, 3));
}

/// Whether descriptor `fd` cannot be exempt and has a place in the table of the forced ones.
[[gnu::always_inline]] inline bool is_ordinary(int fd) {
  return static_cast<unsigned>(fd) - first_ordinary < ordinary_span;
}

/// Stamps what a settled call made. False if it stamped nothing: the call failed, the number may be exempt, or
/// something is noted of it already. A handler may note the number between that look and the stamp: bits are then added
/// to its note, which gives no valid stamp (is_stamp).
[[gnu::always_inline]] inline bool note_settled(Kind kind, int fd) {
  const unsigned place = static_cast<unsigned>(fd) - first_ordinary;
  Stamp* const table = forced_table + first_ordinary;
  if (place >= ordinary_span || table[place] != 0) [[unlikely]]
    return false;
  add_bits(table[place], new_stamp(kind));
  return true;
}

[[gnu::always_inline]] inline bool note_settled(const Recipe& recipe, const Word* words, Word result) {
  if (recipe.outcome == Outcome::number) return note_settled(recipe.kind, static_cast<int>(result));
  if (static_cast<int>(result) < 0) [[unlikely]]
    return false;
  const auto* const ends = from_word<const int*>(words[recipe.subject]);
  const auto first = static_cast<unsigned>(ends[0]);
  const auto second = static_cast<unsigned>(ends[1]);
  // The span is a power of two.
  if (((first - first_ordinary) | (second - first_ordinary)) >= ordinary_span ||
      (forced_table[first] | forced_table[second]) != 0) [[unlikely]]
    return false;
  const Stamp stamp = new_stamp(recipe.kind);
  add_bits(forced_table[first], stamp);
  add_bits(forced_table[second], stamp);
  return true;
}

/// The argument at `place` in the atomic form, of the type that it has.
template <Recipe recipe, std::size_t place, typename Argument>
[[gnu::always_inline]] inline Argument atomic_argument(Argument argument) {
  if constexpr (place != recipe.place)
    return argument;
  else
    return static_cast<Argument>(recipe.way == Way::flag ? argument | static_cast<Argument>(recipe.value)
                                                         : static_cast<Argument>(recipe.value));
}

template <Recipe recipe, std::size_t... places, typename... Arguments>
[[gnu::always_inline]] inline int call_settled(void* function, std::index_sequence<places...>, Arguments... arguments) {
  return reinterpret_cast<Called<int, Arguments...>*>(function)(atomic_argument<recipe, places>(arguments)...);
}

/// make_by() for the calls that programs make most: it becomes part of the interposer, whose caller it looks for only
/// when it must. Of calls that may make none the interposer has looked whether they do.
template <Recipe recipe, typename... Arguments>
[[gnu::always_inline]] inline int make_quickly(Arguments... arguments) {
  static_assert(has_register_path(recipe));
  const Word words[] = {to_word(arguments)..., 0, 0, 0};
  void* const function = settled_maker(recipe, words);
  if (function == nullptr) [[unlikely]]
    return make_by<recipe>(__builtin_return_address(0), arguments...);
  const int result = call_settled<recipe>(function, std::index_sequence_for<Arguments...>(), arguments...);
  if (note_settled(recipe, words, result)) [[likely]]
    return result;
  // Where an error is the call's own once it is settled, its words need not be kept until it returns; but a pair's
  // ends.
  constexpr bool is_error_final = recipe.retry == Retry::while_unsettled;
  constexpr int ends = recipe.outcome == Outcome::pair ? recipe.subject : -1;
  const auto word = [&](int place) { return is_error_final && place != ends ? 0 : words[place]; };
  return static_cast<int>(
      finish_words(word(0), word(1), word(2), word(3), stored<recipe>, __builtin_return_address(0), result));
}

}  // namespace cloexec
