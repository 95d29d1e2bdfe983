// SPDX-License-Identifier: Apache-2.0
//
// How a child is started that is known: no descriptor is being given to another program meanwhile, and the child knows
// what its parent had.
#pragma once

#include <sys/types.h>

#include "shim/process/borrowed.h"
#include "shim/process/gate.h"
#include "shim/process/phase.h"

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

/// A child is about to borrow this thread; null when this is a vfork child, which must fork instead.
inline VforkFrame* begin_borrowing() {
  // Before the memory is lent: a child that was forked unseen must not begin in its own child.
  ensure_begun();
  if (is_vfork_child()) return nullptr;
  int* const starters = begin_start();
  VforkFrame* const frame = begin_vfork();
  frame->starters = starters;
  return frame;
}

/// It has ended; or did not begin.
inline void end_borrowing(VforkFrame* frame) {
  if (frame->has_begun == 0) end_start();
  end_vfork();
}

}  // namespace cloexec
