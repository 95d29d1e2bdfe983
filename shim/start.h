// SPDX-License-Identifier: Apache-2.0
//
// How a child is started that is known: no descriptor is being given to another program meanwhile, and the child knows
// what its parent had.
#pragma once

#include <sys/types.h>

#include "shim/borrowed.h"
#include "shim/gate.h"
#include "shim/phase.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// fork(2) by one of libc's functions, which returns 0 in the child.
template <typename Next, typename... Arguments>
pid_t fork_by(Next next, Arguments... arguments) {
  const Starting starting;
  const Fork fork;
  const pid_t result = next(arguments...);
  if (result == 0) fork.begin_child();
  return result;
}

/// A child is about to borrow this thread; null when it cannot.
inline VforkFrame* begin_borrowing() {
  // A vfork child's descriptors are its own: nobody else gives any of them.
  int* const starters = is_vfork_child() ? nullptr : begin_start();
  VforkFrame* const frame = begin_vfork();
  if (frame != nullptr) frame->starters = starters != nullptr ? starters : &borrowed.uncounted;
  return frame;
}

/// It has ended; or did not begin.
inline void end_borrowing(VforkFrame* frame) {
  if (frame->has_begun == 0 && frame->starters != &borrowed.uncounted) end_start();
  end_vfork(frame);
}

}  // namespace cloexec
