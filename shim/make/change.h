// SPDX-License-Identifier: Apache-2.0
//
// Calls that make nothing, but may change a flag: fcntl(2) with F_SETFD, ioctl(2) with FIOCLEX, dup2(2) onto itself.
#pragma once

#include "shim/make/attempt.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Makes a call of which makes_none() is true as the program wrote it, and notes what it changed: after it the flag is
/// the program's own business. Returns what the call does; errno is the call's.
Word make_change(const Attempt& attempt);

}  // namespace cloexec
