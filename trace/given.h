// SPDX-License-Identifier: Apache-2.0
//
// What a program is given at its start, as /proc shows it: arguments, environment, auxiliary values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trace/tracee.h"

namespace cloexec::trace {

/// Strings one behind the other, each ended by a NUL, as /proc/PID/cmdline and /proc/PID/environ have them.
class Strings {
 public:
  explicit Strings(std::string text);
  Strings(const Strings&) = delete;
  Strings& operator=(const Strings&) = delete;

  /// Ends with a null pointer.
  const char* const* list() const { return pointers_.data(); }
  std::string_view first() const {
    return pointers_[0] != nullptr ? std::string_view(pointers_[0]) : std::string_view();
  }

 private:
  std::string text_;
  std::vector<const char*> pointers_;
};

/// The values that the kernel gives a program with it: getauxval(3).
class AuxiliaryValues {
 public:
  /// `text` is /proc/PID/auxv, of 32-bit programs too.
  explicit AuxiliaryValues(std::string_view text);

  /// 0 when it is not there.
  Word get(Word type) const;

 private:
  std::vector<std::pair<Word, Word>> values_;
};

}  // namespace cloexec::trace
