// SPDX-License-Identifier: Apache-2.0
//
// What was learnt of each call: whether its atomic form works here, and whether it is settled.
#pragma once

#include "shim/host/atomic.h"
#include "shim/process/wiped.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Whether the atomic form of a call works. Old kernels and sandboxes answer an error to it, others (before Linux
/// 2.6.23, or a preload below us) ignore the flag without a word; so the first result of each function is looked at.
enum class Ability : std::uint8_t { unknown, works, missing };

extern constinit Ability abilities[call_count];

inline Ability ability_of(Call call) { return load(abilities[static_cast<unsigned>(call)]); }

inline void remember(Call call, Ability ability) { store(abilities[static_cast<unsigned>(call)], ability); }

/// The function that makes the atomic form of a settled call: it is forced, no rule has a say, and that form works.
/// Null when there is more to think of.
inline void* settled_function(Call call) { return load(wiped.settled[static_cast<unsigned>(call)]); }

inline void settle(Call call, void* function) { store_in_order(wiped.settled[static_cast<unsigned>(call)], function); }

}  // namespace cloexec
