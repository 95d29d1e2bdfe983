// SPDX-License-Identifier: Apache-2.0
//
// Shows on a terminal, and nowhere else, that an audit goes on.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include "cli/message.h"

namespace cloexec::cli {

class Progress {
 public:
  /// Every so many looks it is shown anew, with `hint` behind it.
  explicit Progress(unsigned looks, std::string hint = {}) : period_(looks), hint_(std::move(hint)) {}

  void show(std::size_t execs, std::size_t leaks) {
    if (!is_terminal_ || ++looks_ % period_ != 0) return;
    fmt::print(stderr, "\r\033[K{}, {} so far{}", counted(execs, "program started", "programs started"),
               counted(leaks, "leak", "leaks"), hint_);
    std::fflush(stderr);
    is_shown_ = true;
  }

  void clear() const {
    if (is_shown_) fmt::print(stderr, "\r\033[K");
  }

 private:
  unsigned period_;
  std::string hint_;
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  bool is_shown_ = false;
  unsigned looks_ = 0;
};

}  // namespace cloexec::cli
