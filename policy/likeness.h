// SPDX-License-Identifier: Apache-2.0
//
// Which of the known words a mistyped one was meant to be.
#pragma once

#include <cstddef>
#include <string_view>

namespace cloexec {

/// How many letters must be added, dropped, changed or swapped with their neighbour (optimal string alignment). Words
/// of more than 31 letters are like no other.
constexpr unsigned edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t longest = 31;
  if (a.size() > longest || b.size() > longest) return longest;
  unsigned rows[3][longest + 1] = {};
  for (unsigned j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    unsigned* row = rows[i % 3];
    const unsigned* above = rows[(i - 1) % 3];
    row[0] = static_cast<unsigned>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      unsigned best = above[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
      if (above[j] + 1 < best) best = above[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && rows[(i - 2) % 3][j - 2] + 1 < best)
        best = rows[(i - 2) % 3][j - 2] + 1;
      row[j] = best;
    }
  }
  return rows[a.size() % 3][b.size()];
}

/// Keeps the likest of the words that it is shown; says nothing when none is near.
class Likest {
 public:
  constexpr explicit Likest(std::string_view word) : word_(word) {}

  constexpr void consider(std::string_view candidate) {
    const unsigned distance = edit_distance(word_, candidate);
    if (distance >= nearest_) return;
    nearest_ = distance;
    likest_ = candidate;
  }

  /// All words of a list of names.
  constexpr void consider_all(const char* names) {
    for (std::string_view name = names; !name.empty(); name = names) {
      consider(name);
      names += name.size() + 1;
    }
  }

  constexpr std::string_view get() const { return likest_; }

 private:
  std::string_view word_;
  std::string_view likest_ = {};
  unsigned nearest_ = 3;  // more than two mistakes are a guess
};

}  // namespace cloexec
