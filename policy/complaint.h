// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a text, and where; without a heap, so that the shim can say it too.
#pragma once

#include <string_view>

namespace cloexec {

/// Read aloud: WHAT, then 'WORD' if there is one, then ", did you mean 'MEANT'?" if there is one. Line and column count
/// from 1, columns in bytes.
struct Complaint {
  unsigned line = 1;
  unsigned column = 1;
  std::string_view what;
  std::string_view word = {};
  std::string_view meant = {};
  std::string_view ignored = "rule";  // what does not hold therefore

  /// Hands the parts of the message to `add(std::string_view)`, one after the other.
  constexpr void say(auto&& add) const {
    add(what);
    if (!word.empty()) {
      add(" '");
      add(word);
      add("'");
    }
    if (!meant.empty()) {
      add(", did you mean '");
      add(meant);
      add("'?");
    }
  }
};

}  // namespace cloexec
