// SPDX-License-Identifier: Apache-2.0
//
// What to do about each call, and what was found out about it, in one byte: the usual case is one comparison. Bytes are
// written whole: no lock, and nothing half done in a vfork child.
#pragma once

#include <cstdint>

#include "policy/call.h"

namespace cloexec {

/// What the settings say. Rules of a policy will add a plan: to be decided at each call.
enum class Plan : std::uint8_t {
  unread,  // nothing yet: another library's constructor came before ours
  force,   // add close-on-exec
  pass,    // leave the call as it is
};

/// Whether the atomic form of the call works here. Old kernels and sandboxes answer an error to it, others (before
/// Linux 2.6.23, or a preload below us) ignore the flag without a word; so the first result of each function is looked
/// at.
enum class Ability : std::uint8_t { unknown, works, missing };

struct State {
  Plan plan;
  Ability ability;
};

extern constinit std::uint8_t states[call_count] [[gnu::visibility("hidden")]];

constexpr std::uint8_t to_byte(State state) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(state.plan) | static_cast<unsigned>(state.ability) << 4);
}

inline std::uint8_t state_byte(Call call) {
  return __atomic_load_n(&states[static_cast<unsigned>(call)], __ATOMIC_RELAXED);
}

inline State state_of(Call call) {
  const std::uint8_t byte = state_byte(call);
  return {static_cast<Plan>(byte & 0xf), static_cast<Ability>(byte >> 4)};
}

inline void remember(Call call, Ability ability) {
  __atomic_store_n(&states[static_cast<unsigned>(call)], to_byte({state_of(call).plan, ability}), __ATOMIC_RELAXED);
}

/// Whether the atomic form can be used without another thought.
inline bool is_settled(Call call) { return state_byte(call) == to_byte({Plan::force, Ability::works}); }

}  // namespace cloexec
