// SPDX-License-Identifier: Apache-2.0
//
// What is known of the vfork child that borrows a thread (vfork(2), clone(2) with CLONE_VM and CLONE_VFORK): it has
// descriptors of its own but its parent's memory, whose other threads go on.
#pragma once

#include <cstdint>

#include "shim/forced.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// How vfork finds its way back: nothing may be on the stack then. The assembler knows these places.
struct VforkFrame {
  int* child;      // where the kernel says who the child is
  int* starters;   // what the child counts down when it has its descriptors
  long has_begun;  // whether it has, in memory that we share
  long registers[3];
  int child_before;  // of a vfork in a vfork child
  Stamp since;       // the epoch in which the child began
  Stamp* table_before;
};

/// Children of children of children: a deeper one has memory of its own, as vfork(2) allows.
inline constexpr unsigned most_nested = 4;

struct Borrowed {
  /// The id of the child; 0 when this thread is its own. The kernel writes it when the child begins and clears it
  /// before the parent goes on (CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID), so that a handler which runs in the parent
  /// as vfork returns, or jumps out of it, is not taken for the child.
  int child = 0;
  unsigned depth = 0;
  int uncounted = 0;  // stands for a count of starters in a child
  /// The child's changes to the table of forced descriptors; null while there are none.
  Stamp* table = nullptr;
  VforkFrame frames[most_nested] = {};
};

extern constinit thread_local Borrowed borrowed;

inline bool is_vfork_child() { return borrowed.child != 0; }

/// Says that a child is about to borrow this thread. Null when too many do already.
VforkFrame* begin_vfork();

/// Says that it has ended, or that there is none since the call failed.
void end_vfork(VforkFrame* frame);

}  // namespace cloexec
