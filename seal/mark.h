// SPDX-License-Identifier: Apache-2.0
//
// Sets or clears close-on-exec in another process. A child of ours does it, which no signal but SIGKILL ends: whatever
// becomes of us meanwhile, and whatever waits for ever, the other process goes on.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "seal/threads.h"

namespace cloexec::seal {

enum class Outcome : std::uint8_t {
  done,
  gone,       // there is no thread any more
  traced,     // by another, which `detail` is
  forbidden,  // the kernel does not allow to trace it
  filtered,   // a seccomp filter may refuse the call, or kill for it, and cannot be suspended
  stuck,      // it waits where nothing interrupts it
  noticed,    // it waits in a call, which `detail` is, that would return early
  frozen,     // it does not go on
  refused,    // the call gives an errno, which `detail` is
  unable,     // of an architecture, or with a way to make system calls, that is not known
  broken,     // there is no child of ours, or it has ended
};

struct Marked {
  Outcome outcome = Outcome::broken;
  int detail = 0;
  std::chrono::microseconds held{0};  // a thread was
};

/// Numbers first..last, all of which are open, or closed meanwhile.
struct Numbers {
  int first = 0;
  int last = 0;
};

/// Of the table that `sharers` have. `patience`: for a moment in which nobody notices, and for the thread to stop.
Marked mark(const Sharers& sharers, const std::vector<Numbers>& numbers, bool on, bool is_narrow,
            std::chrono::milliseconds patience);

}  // namespace cloexec::seal
