// SPDX-License-Identifier: Apache-2.0
//
// The system calls that make descriptors.
#pragma once

#include <span>

namespace cloexec::watch {

struct MakingCall {
  unsigned number;
  const char* name;
  bool makes_two;  // told by memory
};

std::span<const MakingCall> making_calls();

/// Empty for one that makes none.
const char* name_of_call(unsigned number);

}  // namespace cloexec::watch
