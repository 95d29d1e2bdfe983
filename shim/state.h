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

template <typename Type>
Type load(const Type& object) {
  Type value;
  __atomic_load(&object, &value, __ATOMIC_RELAXED);
  return value;
}

template <typename Type>
void store(Type& object, Type value) {
  __atomic_store(&object, &value, __ATOMIC_RELAXED);
}

inline Ability ability_of(Call call) { return load(abilities[static_cast<unsigned>(call)]); }

inline void remember(Call call, Ability ability) { store(abilities[static_cast<unsigned>(call)], ability); }

inline Plan known_plan(Call call) { return load(wiped.plans[static_cast<unsigned>(call)]); }

inline void set_plan(Call call, Plan plan) { store(wiped.plans[static_cast<unsigned>(call)], plan); }

/// The function that makes the atomic form without another thought; null when there is more to think of.
inline void* settled_function(Call call) { return load(wiped.settled[static_cast<unsigned>(call)]); }

inline void settle(Call call, void* function) { store(wiped.settled[static_cast<unsigned>(call)], function); }

}  // namespace cloexec
