// SPDX-License-Identifier: Apache-2.0
//
// Hands the ring to programs of the audited tree that may not open it: nobody but the audit's user may, and a program
// may have been started as another, or in a root directory of its own. Such a program asks at an abstract address
// (unix(7)) that is called as the ring is; it gets a descriptor when the kernel says that it descends from the audit.
// docs/security.md says why that is safe.
#pragma once

#include <chrono>

#include "cli/audit/ring.h"

namespace cloexec::cli {

class Door {
 public:
  /// Where no address is to be had, nobody is answered.
  explicit Door(const Ring& ring);
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  /// Answers who has asked; waits for the first, but not longer than that, nor beyond a signal.
  void serve(std::chrono::milliseconds longest) const;

 private:
  const Ring& ring_;
  int fd_ = -1;
};

}  // namespace cloexec::cli
