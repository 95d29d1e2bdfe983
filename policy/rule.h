// SPDX-License-Identifier: Apache-2.0
//
// A rule as the parser leaves it: small, without pointers, so that the built-in rules need no relocation and a thousand
// of them no heap.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "catalogue/call.h"
#include "catalogue/names.h"

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

/// What a rule can ask for, by the names of `key_names`; in the order in which it is found out, the dear ones last.
enum class Key : std::uint8_t { when, own, fd, target, announced, program, module, path };

inline constexpr char key_names[] = "when\0own\0fd\0target\0announced\0program\0module\0path\0";
inline constexpr unsigned key_count = static_cast<unsigned>(Key::path) + 1;
static_assert(nth_name(key_names, key_count - 1) == "path" && nth_name(key_names, key_count).empty());

/// Some keys.
class KeySet {
 public:
  constexpr KeySet() = default;
  constexpr KeySet(std::initializer_list<Key> keys) {
    for (const Key key : keys) add(key);
  }

  constexpr void add(Key key) { bits_ = static_cast<std::uint8_t>(bits_ | 1U << static_cast<unsigned>(key)); }
  constexpr bool has(Key key) const { return (bits_ >> static_cast<unsigned>(key) & 1U) != 0; }
  constexpr bool has_none_but(KeySet others) const { return (bits_ & ~others.bits_) == 0; }

  /// Calls test(Key) for each, in their order, until one says false; whether none did.
  constexpr bool all(auto&& test) const {
    for (unsigned left = bits_; left != 0; left &= left - 1)
      if (!test(static_cast<Key>(std::countr_zero(left)))) return false;
    return true;
  }

 private:
  static_assert(key_count <= 8);
  std::uint8_t bits_ = 0;
};

/// Keys that are not given do not matter.
struct Rule {
  Action action = Action::force;
  When when = When::any;
  KeySet keys;
  CallSet calls;
  Slice text;  // all of it, as it was written
  std::uint32_t line = 0;
  Slice values[key_count] = {};

  constexpr const Slice& value(Key key) const { return values[static_cast<unsigned>(key)]; }
  constexpr bool has(Key key) const { return keys.has(key); }
};

}  // namespace cloexec
