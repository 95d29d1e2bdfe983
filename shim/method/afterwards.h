// SPDX-License-Identifier: Apache-2.0
//
// Method "afterwards": nothing atomic exists, so the flag is set as soon as the call has returned. Another thread's
// fork within that window still inherits the descriptor; docs/coverage.md names these calls.
#pragma once

#include "shim/method/make.h"
#include "shim/verdict.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Makes `fd`, when it is a descriptor that the call has just made, close-on-exec.
inline void force_after(const Site& site, int fd) {
  if (fd < 0) return;
  if (verdict_on(site) == Verdict::exempt)
    note_made(site, fd, Made::left);
  else
    force_afterwards(site, fd);
}

}  // namespace cloexec
