// SPDX-License-Identifier: Apache-2.0
//
// What is known of the vfork child that borrows a thread (vfork(2), clone(2) with CLONE_VM and CLONE_VFORK): it has
// descriptors of its own but its parent's memory, whose other threads go on. Its own children are forked: two that
// borrow one thread could not be told apart when a signal comes as the inner one ends.
//
// Nothing here changes errno, and all may be called in a signal handler and in a vfork child, but where it says
// otherwise.
#pragma once

#include <cstdint>

#include "shim/process/forced.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The way back of a vfork, while nothing may be on the stack. The assembler (CLOEXEC_VFORK, shim/machine) knows the
/// first and the last.
struct VforkFrame {
  int* child;         // where the kernel says who the child is
  int* starters;      // what the child counts down when it has its descriptors
  long has_begun;     // whether it has, in memory that we share
  long registers[3];  // what the assembler must put back: the return address for one
};

/// What a thread knows of the child that borrows it, or did last.
struct Borrowed {
  /// The id of the child; 0 when this thread is its own. The kernel writes it when the child begins and clears it
  /// before the parent goes on (CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID), so that a handler which runs in the parent
  /// as vfork returns, or jumps out of it, is not taken for the child.
  int child = 0;
  int forked_off = 0;  // in a process that a vfork child has forked: the id of that one
  Stamp since = 0;     // the epoch in which the child began; 0 when nothing of its is proof
  /// The child's changes to the table of forced descriptors; null while there are none.
  Stamp* table = nullptr;
  unsigned next_frame = 0;  // counts vforks: its remainder is the place in `frames`
  /// Used one after the other: a handler may call vfork before an outer one has read its registers.
  VforkFrame frames[8] = {};
};

/// This thread's: the parent and its vfork child see one.
extern constinit thread_local Borrowed borrowed;

/// Whether who asks is a vfork child of a thread of this memory, and not that thread.
inline bool is_vfork_child() { return borrowed.child != 0; }

/// The vfork child's changes to the table of forced descriptors, as many entries as that has; for the first there must
/// be memory (mmap(2)): null where there is none, and then the caller lets nothing of the child's be proof. In a vfork
/// child alone.
Stamp* changes();

/// Stands in a table of changes for a number of which nothing is known any more; 0 is one that was not changed.
inline constexpr Stamp forgotten = is_given;

/// Says that a child is about to borrow this thread: begins an epoch. Returns a frame of this thread's, with `child`
/// set and the rest the caller's to fill in. Not in a vfork child.
VforkFrame* begin_vfork();

/// Says that the child which borrowed this thread has ended, or that there is none since the call failed. In the
/// parent.
void end_vfork();

}  // namespace cloexec
