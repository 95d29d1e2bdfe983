// SPDX-License-Identifier: Apache-2.0
//
// Tells the user what was wrong in the settings, on standard error. It may lose a message, but never blocks or ends the
// host. Nothing here changes errno, and all may be called in a signal handler and between fork and exec.
#pragma once

#include <string_view>

#include "policy/complaint.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Writes "cloexec: SOURCE:LINE:COLUMN: what is wrong; the rule is ignored" on one line; what is too long is cut.
/// Nothing where descriptor 2 has no room at once (poll(2)), or is a file that it seems to be by chance.
void report(std::string_view source, const Complaint& complaint);

/// Reports what is malformed in one source, a few times and no more: every process of a machine may say it.
class Reporter {
 public:
  /// Keeps `source`, which must live as long.
  explicit Reporter(std::string_view source) : source_(source) {}

  /// Reports one complaint: of more than eight, the first eight.
  void operator()(const Complaint& complaint) {
    constexpr unsigned most = 8;
    if (said_++ < most) report(source_, complaint);
  }

 private:
  std::string_view source_;
  unsigned said_ = 0;
};

}  // namespace cloexec
