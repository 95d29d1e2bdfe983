// SPDX-License-Identifier: Apache-2.0
//
// The letter "e" in the mode of fopen(3) and popen(3).
#pragma once

#include <cstddef>
#include <string_view>

#include "shim/make/recipe.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Longer modes than this are left alone and the flag is set afterwards. None is known: the longest part of a mode is
/// the name of a coded character set.
inline constexpr std::size_t longest_mode = 64;

/// A mode with "e" added. Its text is empty when the program asked for "e" itself, and when there is no room: the mode
/// is too long, or has no first letter, which musl takes for "r".
struct ForcedMode {
  char text[longest_mode + 2];
  bool has_no_room;

  bool is_asked_for() const { return text[0] == '\0' && !has_no_room; }
};

/// fopen: "e" goes right behind the first letter, and glibc sees as much of the others as before.
ForcedMode force_fopen_mode(std::string_view mode);

/// popen: "e" goes to the end; glibc takes it anywhere, musl wants r or w first.
ForcedMode force_popen_mode(std::string_view mode);

/// Either: `way` says whose mode it is.
inline ForcedMode force_mode(Way way, std::string_view mode) {
  return way == Way::popen_mode ? force_popen_mode(mode) : force_fopen_mode(mode);
}

}  // namespace cloexec
