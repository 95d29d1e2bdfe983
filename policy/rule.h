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

inline constexpr char when_names[] = "child\0parent\0";  // from `child` on

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

/// What a rule can ask for, by the names of `key_names`.
enum class Key : std::uint8_t { fd, path, program, module, target, when, announced };

inline constexpr char key_names[] = "fd\0path\0program\0module\0target\0when\0announced\0";

struct Rule {
  Action action = Action::force;
  When when = When::any;
  bool announced = false;  // whether the number must be told to the new program
  CallSet calls;
  Slice text;  // all of it, as it was written
  std::uint32_t line = 0;
  Slice values[static_cast<unsigned>(Key::when)] = {};  // of the keys up to `when`

  constexpr const Slice& value(Key key) const { return values[static_cast<unsigned>(key)]; }

  /// Keys that are not given do not matter.
  constexpr bool has(Key key) const {
    if (key == Key::when) return when != When::any;
    return key == Key::announced ? announced : value(key).is_given();
  }
};

}  // namespace cloexec
