// SPDX-License-Identifier: Apache-2.0
//
// Method "mode": the letter "e" in the mode of fopen(3) and popen(3).
#pragma once

#include <cstddef>
#include <string_view>

#include "shim/method/make.h"

namespace cloexec {

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

/// Calls `create(mode)` with the letter added by `force`.
[[gnu::always_inline]] inline FILE* make_with_mode(Site site, Retry retry, ForcedMode (*force)(std::string_view),
                                                   const char* mode, auto create) {
  const ForcedMode forced = force(mode);
  const auto forms = [=, text = forced.text](bool form) { return create(form == atomic ? text : mode); };
  if (forced.text[0] == '\0') return make_unmarked(site, forced.has_no_room, Forms(forms));
  return make_fast(
      site, as_stream, retry, true, [=] { return forms(atomic); }, forms);
}

}  // namespace cloexec
