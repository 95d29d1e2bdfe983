// SPDX-License-Identifier: Apache-2.0
//
// The kernel's set of signals, of which libc's sigset_t is the first part: mips has 128 signals, all others have 64.
#pragma once

#include <csignal>
#include <cstdint>

namespace [[gnu::visibility("hidden")]] cloexec {

/// What rt_sigprocmask(2) takes, and insists on the size of.
struct SignalMask {
  std::uint64_t words[_NSIG / 64];
};

}  // namespace cloexec
