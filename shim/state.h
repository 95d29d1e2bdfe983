// SPDX-License-Identifier: Apache-2.0
//
// What was found out about each call, one byte each: written whole, no lock, nothing half done in a vfork child.
#pragma once

#include <cstdint>

#include "shim/phase.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Whether the atomic form of the call works here. Old kernels and sandboxes answer an error to it, others (before
/// Linux 2.6.23, or a preload below us) ignore the flag without a word; so the first result of each function is looked
/// at.
enum class Ability : std::uint8_t { unknown, works, missing };

extern constinit Ability abilities[call_count];

inline Ability ability_of(Call call) {
  return __atomic_load_n(&abilities[static_cast<unsigned>(call)], __ATOMIC_RELAXED);
}

inline void remember(Call call, Ability ability) {
  __atomic_store_n(&abilities[static_cast<unsigned>(call)], ability, __ATOMIC_RELAXED);
}

inline Plan known_plan(Call call) {
  return __atomic_load_n(&wiped.plans[static_cast<unsigned>(call)], __ATOMIC_RELAXED);
}

inline void set_plan(Call call, Plan plan) {
  __atomic_store_n(&wiped.plans[static_cast<unsigned>(call)], plan, __ATOMIC_RELAXED);
}

/// The function that makes the atomic form without another thought; null when there is more to think of.
inline void* settled_function(Call call) {
  return __atomic_load_n(&wiped.settled[static_cast<unsigned>(call)], __ATOMIC_RELAXED);
}

inline void settle(Call call, void* function) {
  __atomic_store_n(&wiped.settled[static_cast<unsigned>(call)], function, __ATOMIC_RELAXED);
}

}  // namespace cloexec
