// SPDX-License-Identifier: Apache-2.0
//
// Method "mode": the letter "e" in the mode of fopen(3) and popen(3).
#pragma once

#include <cstddef>
#include <string_view>

#include "shim/method/recipe.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Longer modes than this are left alone and the flag is set afterwards. None is known: the longest part of a mode is
/// the name of a coded character set.
inline constexpr std::size_t longest_mode = 64;

/// A mode with "e" added. Its text is empty when the program asked for "e" itself, and when there is no room: the mode
/// is too long, or has no first letter, which musl takes for "r".
struct ForcedMode {
  char text[longest_mode + 2];
  bool has_no_room;
};

/// fopen: "e" goes right behind the first letter, and glibc sees as much of the others as before.
ForcedMode force_fopen_mode(std::string_view mode);

/// popen: "e" goes to the end; glibc takes it anywhere, musl wants r or w first.
ForcedMode force_popen_mode(std::string_view mode);

/// Makes a stream whose mode could not be given the letter.
FILE* make_unmarked(const Site& site, bool has_no_room, Forms forms);

/// Makes a stream with the letter added by `force` to the mode string at the recipe's place.
FILE* make_with_mode(const Recipe& recipe, const void* caller, const Word* words,
                     ForcedMode (*force)(std::string_view));

template <Recipe recipe>
FILE* make_by_mode(const void* caller, ForcedMode (*force)(std::string_view), auto... arguments) {
  const Word words[most_words] = {to_word(arguments)...};
  return make_with_mode(stored<recipe>, caller, words, force);
}

/// fopen in few instructions.
[[gnu::always_inline]] inline FILE* fopen_fast(Site site, auto next, const char* path, const char* mode) {
  const ForcedMode forced = force_fopen_mode(mode);
  const auto forms = [=, text = forced.text](bool form) { return next(path, form == atomic ? text : mode); };
  if (forced.text[0] == '\0') {
    const auto copy = forms;
    return make_unmarked(Site(site), forced.has_no_room, Forms(copy));
  }
  return make_fast(
      site, as_stream, Retry::while_unsettled, next,
      [=, text = forced.text](auto* function) { return function(path, text); }, forms);
}

}  // namespace cloexec
