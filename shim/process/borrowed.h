// SPDX-License-Identifier: Apache-2.0
//
// What is known of the vfork child that borrows a thread (vfork(2), clone(2) with CLONE_VM and CLONE_VFORK): it has
// descriptors of its own but its parent's memory, whose other threads go on. Its own children are forked: two that
// borrow one thread could not be told apart when a signal comes as the inner one ends.
#pragma once

#include <cstdint>

#include "shim/process/forced.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// How vfork finds its way back: nothing may be on the stack then. The assembler knows these places.
struct VforkFrame {
  int* child;      // where the kernel says who the child is
  int* starters;   // what the child counts down when it has its descriptors
  long has_begun;  // whether it has, in memory that we share
  long registers[3];
};

struct Borrowed {
  /// The id of the child; 0 when this thread is its own. The kernel writes it when the child begins and clears it
  /// before the parent goes on (CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID), so that a handler which runs in the parent
  /// as vfork returns, or jumps out of it, is not taken for the child.
  int child = 0;
  int forked_off = 0;  // in a process that a vfork child has forked: the id of that one
  Stamp since = 0;     // the epoch in which the child began; 0 when nothing of its is proof
  /// The child's changes to the table of forced descriptors; null while there are none.
  Stamp* table = nullptr;
  /// One after the other: a handler may call vfork before an outer one has read its registers.
  unsigned next_frame = 0;
  VforkFrame frames[8] = {};
};

extern constinit thread_local Borrowed borrowed;

inline bool is_vfork_child() { return borrowed.child != 0; }

/// The vfork child's changes, for the first of which there must be memory: null where there is none, and then nothing
/// of the child's is proof.
Stamp* changes();

/// In that table: nothing is known of the number any more.
inline constexpr Stamp forgotten = is_given;

/// Says that a child is about to borrow this thread. Not in a vfork child.
VforkFrame* begin_vfork();

/// Says that it has ended, or that there is none since the call failed.
void end_vfork();

}  // namespace cloexec
