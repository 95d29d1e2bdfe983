// SPDX-License-Identifier: Apache-2.0
//
// Lists of known words, one behind the other, each ended by a NUL: arrays of pointers would be relocated in every
// process.
#pragma once

#include <cstddef>
#include <string_view>

namespace cloexec {

/// The word at place `index` of a list; empty behind the last.
constexpr std::string_view nth_name(const char* names, unsigned index) {
  for (; index > 0 && *names != '\0'; --index) names += std::string_view(names).size() + 1;
  return names;
}

/// Whether `known`, which a NUL ends, is `name`. Most differ in a letter or two.
constexpr bool is_name(const char* known, std::string_view name) {
  std::size_t same = 0;
  while (same < name.size() && known[same] != '\0' && known[same] == name[same]) ++same;
  return same == name.size() && known[same] == '\0';
}

/// The place of `name` in a list; -1 when it is not there.
constexpr int place_of(const char* names, std::string_view name) {
  for (int place = 0; *names != '\0'; ++place) {
    if (is_name(names, name)) return place;
    while (*names++ != '\0') {
    }
  }
  return -1;
}

}  // namespace cloexec
