// SPDX-License-Identifier: Apache-2.0
//
// Method "flag": the call itself takes a bit that means close-on-exec.
#pragma once

#include "shim/method/make.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Calls `create(function, flags)`, where `function` is what `next` stands for, with `bit` added to the flags. A
/// program that asked for the bit itself, or for a bit that nobody knows, gets exactly what it asked for.
template <typename Flags>
[[gnu::always_inline]] inline auto make_with_flag(Site site, Shape shape, Retry retry, auto next, Flags flags, auto bit,
                                                  auto create) {
  const bool is_asked_for = (flags & static_cast<Flags>(bit)) != Flags{};
  const auto forced = static_cast<Flags>(flags | static_cast<Flags>(bit));
  const auto forms = [=](bool form) { return create(next.get(), form == atomic ? forced : flags); };
  return is_asked_for ? from_word<decltype(forms(plain))>(make_as_asked(shape, Forms(forms)))
                      : make(site, shape, retry, forms);
}

/// The same in few instructions.
template <typename Flags>
[[gnu::always_inline]] inline auto make_fast_with_flag(Site site, Shape shape, Retry retry, auto next, Flags flags,
                                                       auto bit, auto create) {
  const bool is_asked_for = (flags & static_cast<Flags>(bit)) != Flags{};
  const auto forms = [=](bool form) {
    return create(next.get(), form == atomic ? static_cast<Flags>(flags | static_cast<Flags>(bit)) : flags);
  };
  if (is_asked_for) {
    const auto copy = forms;
    return from_word<decltype(forms(plain))>(make_as_asked(shape, Forms(copy)));
  }
  return make_fast(
      site, shape, retry, next,
      [=](auto* function) { return create(function, static_cast<Flags>(flags | static_cast<Flags>(bit))); }, forms);
}

}  // namespace cloexec
