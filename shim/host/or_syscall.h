// SPDX-License-Identifier: Apache-2.0
//
// For system calls that got a libc function of their own only lately: since the shim exports the name, a program that
// looks for it finds it, and it must work then, whatever the libc.
#pragma once

#include "shim/host/next.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Calls the next function, or system call `number` with these arguments where libc lacks the function. Returns what
/// that does: -1 and errno on error, ENOSYS where the kernel lacks the call. As safe in a signal handler as the
/// function.
template <typename Next, typename... Arguments>
int or_syscall(Next next, long number, Arguments... arguments) {
  auto* const function = next.get();
  return function != next.absent() ? function(arguments...) : static_cast<int>(next_syscall(number, arguments...));
}

}  // namespace cloexec
