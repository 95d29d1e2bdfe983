// SPDX-License-Identifier: Apache-2.0
//
// Whether this process is the one that the shim was loaded into, or was forked off it: what a rule's `when` asks. No
// system call is made for it. A page that the kernel wipes in every forked child (madvise(2), MADV_WIPEONFORK: Linux
// 4.14) tells for fork and clone; a child of vfork shares its parent's memory, and is told by a count that our vfork
// keeps for the thread.
#pragma once

#include <cstdint>

#include "policy/call.h"
#include "policy/rule.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// What to do about a call. Zero in a child that was just forked, which then plans anew.
enum class Plan : std::uint8_t {
  unread,
  force,  // add close-on-exec
  pass,   // leave the call as it is
  ask,    // rules decide at each call
};

// The kernel wipes whole pages; where they may be of 64 KiB, nothing else must lie within so many.
#ifdef __aarch64__
inline constexpr unsigned wiped_size = 65536;
#else
inline constexpr unsigned wiped_size = 4096;
#endif

/// What a forked child must not inherit.
struct alignas(wiped_size) Wiped {
  bool is_parent;
  int process;  // its id, where that was asked for
  Plan plans[call_count];
  /// What makes the atomic form of a call of which no more needs to be known: it is forced, and that form works. Null
  /// otherwise.
  void* settled[call_count];
};

extern constinit Wiped wiped;

/// How many vforks deep this thread is.
extern constinit thread_local int vfork_depth;

inline bool is_vfork_child() { return vfork_depth > 0; }

/// Marks this process as the one that the shim was loaded into.
void begin_phase();

/// Whether it was forked off that one.
bool is_child();

/// From now on children share our memory: only their ids tell them apart, at a system call each time.
void tell_by_process();

/// Whether the answer stays the same for as long as the plans are not wiped, vfork children apart.
bool wipes_on_fork();

/// Whether it stays the same for ever: a child's children are children too.
bool is_phase_settled();

}  // namespace cloexec
