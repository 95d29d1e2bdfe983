// SPDX-License-Identifier: Apache-2.0
//
// A rule as the parser leaves it: small, without pointers, so that the built-in rules need no relocation and a thousand
// of them no heap.
#pragma once

#include <cstdint>
#include <string_view>

#include "policy/call.h"

namespace cloexec {

enum class Action : std::uint8_t { force, exempt };
enum class When : std::uint8_t { any, child, parent };

/// A part of the policy's text. Policies are at most 64 KiB long.
struct Slice {
  std::uint16_t begin = 0;
  std::uint16_t size = 0;

  constexpr bool is_given() const { return size != 0; }
  constexpr std::string_view of(std::string_view text) const {
    text.remove_prefix(begin);
    text.remove_suffix(text.size() - size);
    return text;
  }
};

struct Rule {
  Action action = Action::force;
  When when = When::any;
  CallSet calls;
  Slice text;  // all of it, as it was written
  std::uint32_t line = 0;
  // The keys; not given means that it does not matter.
  Slice fd;
  Slice path;
  Slice program;
  Slice module;

  /// Whether nothing but the call and the program decides.
  constexpr bool is_unconditional() const {
    return when == When::any && !fd.is_given() && !path.is_given() && !module.is_given();
  }
};

}  // namespace cloexec
