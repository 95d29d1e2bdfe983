// SPDX-License-Identifier: Apache-2.0
//
// The page that the kernel wipes in every forked child (madvise(2), MADV_WIPEONFORK: Linux 4.14): what a child must not
// inherit. It tells of forks that did not go through libc, too. Where the kernel does not wipe, our fork does.
#pragma once

#include <cstdint>

#include "catalogue/call.h"
#include "shim/machine/machine.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Bytes that the kernel wipes. It wipes whole pages: nothing else must lie within the largest.
inline constexpr unsigned wiped_size = Machine::largest_page;

/// What a process knows of itself alone; all zero in a child that has not begun.
struct alignas(wiped_size) Wiped {
  bool has_begun;  // phase.h: the process knows whose child it is
  bool is_parent;  // it is the one that the shim was loaded into
  int process;     // its id; 0 when that was not asked for
  int recorded;    // its id; 0 until an audit was told of it
  // See gate.h: who gives now, how many start something, how many of these nobody will end, and how many shells were
  // begun when that was last looked at.
  int giver;
  int starters;
  int abandoned;
  int shells;
  int shells_seen;
  std::uint8_t plans[call_count];  // decide/plan.h
  void* settled[call_count];       // make/ability.h
};

/// This process's; a vfork child has its parent's.
extern constinit Wiped wiped;

/// Forgets what was worked out of each call: it is planned anew, and not settled. Cannot fail, errno unchanged, may be
/// called in a signal handler; another thread may use an old plan once more.
void forget_plans();

}  // namespace cloexec
