// SPDX-License-Identifier: Apache-2.0
//
// What is to be done about each call, folded from the rules when it is first made: a byte a call. Nothing here fails or
// changes errno, and all may be called in a signal handler and between fork and exec.
#pragma once

#include "shim/host/atomic.h"
#include "shim/process/wiped.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// What settings and rules say of all calls of one kind.
enum class Plan : std::uint8_t {
  unread,  // not worked out; in a child that was just forked, too, which then plans anew
  force,   // make it close-on-exec
  pass,    // leave the call as it is
  ask,     // rules decide at each call
};

/// The plan that was worked out for a call, or `unread`: see plan_of().
inline Plan known_plan(Call call) { return static_cast<Plan>(load(wiped.plans[static_cast<unsigned>(call)])); }

/// Keeps the plan for a call. Not in a vfork child, which has its parent's.
inline void set_plan(Call call, Plan plan) {
  store_in_order(wiped.plans[static_cast<unsigned>(call)], static_cast<std::uint8_t>(plan));
}

}  // namespace cloexec
