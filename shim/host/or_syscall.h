// SPDX-License-Identifier: Apache-2.0
//
// For system calls that got a libc function of their own only lately: since the shim exports the name, a program that
// looks for it finds it, and it must work then, whatever the libc.
#pragma once

#include "shim/host/next.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Calls the next function, or system call `number` with the same arguments where libc lacks the function.
template <typename Next, typename... Arguments>
int or_syscall(Next next, long number, Arguments... arguments) {
  auto* const function = next.get();
  return function != next.absent() ? function(arguments...) : static_cast<int>(next_syscall(number, arguments...));
}

}  // namespace cloexec
