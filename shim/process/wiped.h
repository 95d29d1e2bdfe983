// SPDX-License-Identifier: Apache-2.0
//
// The page that the kernel wipes in every forked child (madvise(2), MADV_WIPEONFORK: Linux 4.14): what a child must not
// inherit. It tells of forks that did not go through libc, too. Where the kernel does not wipe, our fork does.
#pragma once

#include <cstdint>

#include "catalogue/call.h"

namespace [[gnu::visibility("hidden")]] cloexec {

// The kernel wipes whole pages; where they may be of 64 KiB, nothing else must lie within so many.
#ifdef __aarch64__
inline constexpr unsigned wiped_size = 65536;
#else
inline constexpr unsigned wiped_size = 4096;
#endif

struct alignas(wiped_size) Wiped {
  bool has_begun;
  bool is_parent;
  int process;   // its id, where that was asked for
  int recorded;  // the same, once an audit was told
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

extern constinit Wiped wiped;

/// Every call is planned anew, and none is settled. Cannot fail, errno unchanged; another thread may use an old plan
/// once more.
void forget_plans();

}  // namespace cloexec
