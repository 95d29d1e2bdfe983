// SPDX-License-Identifier: Apache-2.0
//
// Which call was made, from where and about what: what the rules of a policy look at.
#pragma once

#include <cstdint>

#include "catalogue/call.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Site {
  Call call;
  const void* caller;        // an address in the code that made the call
  std::intptr_t detail = 0;  // the path, as the program wrote it; for dup2 and dup3 the number that it gets

  Site about(const char* path) const { return {call, caller, reinterpret_cast<std::intptr_t>(path)}; }

  constexpr int number() const { return family_of(call) == Family::dup2 ? static_cast<int>(detail) : -1; }
  const char* path() const { return has_path(call) ? reinterpret_cast<const char*>(detail) : nullptr; }
};

}  // namespace cloexec
