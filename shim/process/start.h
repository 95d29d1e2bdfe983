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

/// Forks by one of libc's functions (fork(2)), which returns 0 in the child; waits for who gives, as begin_start().
/// Returns what that returns, and errno is its own. As safe in a signal handler as the function.
template <typename Next, typename... Arguments>
pid_t fork_by(Next next, Arguments... arguments) {
  const Starting starting;
  const Fork fork;
  const pid_t result = next(arguments...);
  if (result == 0) fork.begin_child();
  return result;
}

/// Says that a child is about to borrow this thread, and counts its start, which may wait (begin_start()). Returns the
/// frame for it; null when this is a vfork child, which must fork instead. errno unchanged; may be called in a signal
/// handler.
inline VforkFrame* begin_borrowing() {
  // Before the memory is lent: a child that was forked unseen must not begin in its own child.
  ensure_begun();
  if (is_vfork_child()) return nullptr;
  int* const starters = begin_start();
  VforkFrame* const frame = begin_vfork();
  frame->starters = starters;
  return frame;
}

/// Says in that child that it has its descriptors. errno unchanged; may be called in a signal handler.
inline void begin_as_borrower(VforkFrame& frame) {
  frame.has_begun = 1;
  __atomic_sub_fetch(frame.starters, 1, __ATOMIC_SEQ_CST);
}

/// Says that the child which borrowed this thread, with the frame that begin_borrowing() gave, has ended or did not
/// begin. errno unchanged; may be called in a signal handler.
inline void end_borrowing(VforkFrame* frame) {
  if (frame->has_begun == 0) end_start();
  end_vfork();
}

}  // namespace cloexec
