// SPDX-License-Identifier: Apache-2.0
//
// Descriptor numbers as users write them: "3,5-7". Used where no heap and no exception may be: inside the shim, and at
// compile time.
#pragma once

#include <climits>
#include <string_view>

#include "policy/complaint.h"

namespace cloexec {

/// A set of descriptor numbers, held as ranges. Once filled it does not change.
class NumberSet {
 public:
  static constexpr unsigned capacity = 33;  // ranges: 32 of the user's, and the standard streams

  constexpr bool contains(int number) const {
    for (unsigned i = 0; i < size_; ++i)
      if (number >= ranges_[i].first && number <= ranges_[i].last) return true;
    return false;
  }

  /// The highest number of the set; -1 when it is empty.
  constexpr int highest() const {
    int highest = -1;
    for (unsigned i = 0; i < size_; ++i)
      if (ranges_[i].last > highest) highest = ranges_[i].last;
    return highest;
  }

  /// Adds first..last; false when there is no room.
  constexpr bool add(int first, int last) {
    if (size_ == capacity) return false;
    ranges_[size_++] = {first, last};
    return true;
  }

 private:
  struct Range {
    int first;
    int last;
  };
  Range ranges_[capacity] = {};
  unsigned size_ = 0;
};

namespace detail {

/// Reads a number at `position` and moves past it; -1 when there is none that an int can hold.
constexpr int read_number(std::string_view text, std::size_t& position) {
  long long value = -1;
  while (position < text.size() && text[position] >= '0' && text[position] <= '9') {
    value = (value < 0 ? 0 : value) * 10 + (text[position++] - '0');
    if (value > INT_MAX) value = static_cast<long long>(INT_MAX) + 1;
  }
  return value > INT_MAX ? -1 : static_cast<int>(value);
}

}  // namespace detail

/// Whether `number` is among those of a `text` that parse_numbers has nothing to say against.
constexpr bool lists_number(std::string_view text, int number) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    while (at < text.size() && (text[at] < '0' || text[at] > '9')) ++at;
    const int first = detail::read_number(text, at);
    const bool is_range = at < text.size() && text[at] == '-';
    const int last = is_range ? detail::read_number(text, ++at) : first;
    if (number >= first && number <= last) return true;
  }
  return false;
}

/// Adds the numbers and ranges of a comma-separated `text`, which begins at a line and column of its source, to `set`.
/// An item that is malformed is handed to `complain(Complaint)` and left out; the others hold. Empty items and blanks
/// around items are allowed. Whether all was well.
[[gnu::noinline]] constexpr bool parse_numbers(std::string_view text, NumberSet& set, auto&& complain,
                                               unsigned line = 1, unsigned column = 1) {
  bool is_well = true;
  const auto blank = [&](std::size_t at) { return at < text.size() && (text[at] == ' ' || text[at] == '\t'); };
  const auto ends = [&](std::size_t at) { return at == text.size() || text[at] == ','; };
  for (std::size_t at = 0; at < text.size(); ++at) {
    while (blank(at)) ++at;
    if (ends(at)) continue;
    const auto begin = static_cast<unsigned>(at);
    const int first = detail::read_number(text, at);
    int last = first;
    if (first >= 0 && at < text.size() && text[at] == '-') last = detail::read_number(text, ++at);
    while (blank(at)) ++at;
    const char* wrong = first < 0 || last < 0 || !ends(at) ? "not a descriptor number or a range such as 5-7"
                        : last < first                     ? "the range ends before it begins"
                        : !set.add(first, last)            ? "too many ranges (32 at most)"
                                                           : nullptr;
    if (wrong != nullptr) complain(Complaint{line, column + begin, wrong});
    is_well = is_well && wrong == nullptr;
    while (!ends(at)) ++at;
  }
  return is_well;
}

}  // namespace cloexec
