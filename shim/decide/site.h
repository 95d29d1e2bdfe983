// SPDX-License-Identifier: Apache-2.0
//
// Which call was made, from where and about what: what the rules of a policy look at.
#pragma once

#include <cstdint>

#include "catalogue/call.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// A call, where it was made, and about what.
struct Site {
  Call call;
  const void* caller;        // an address in the code that made the call
  std::intptr_t detail = 0;  // the path, as the program wrote it; for dup2 and dup3 the number that it gets

  /// This call, when it is about a path that its first words do not say.
  Site about(const char* path) const { return {call, caller, reinterpret_cast<std::intptr_t>(path)}; }

  /// The number that the descriptor is going to get, where the program says it; else -1.
  constexpr int number() const { return family_of(call) == Family::dup2 ? static_cast<int>(detail) : -1; }

  /// The path, where the program has it; null of calls that take none. Not read here.
  const char* path() const { return has_path(call) ? reinterpret_cast<const char*>(detail) : nullptr; }
};

}  // namespace cloexec
