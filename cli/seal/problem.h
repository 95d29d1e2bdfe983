// SPDX-License-Identifier: Apache-2.0
//
// What keeps a process from being sealed, and the way out, in words.
#pragma once

#include <sys/types.h>

#include <string>

#include "seal/mark.h"

namespace cloexec::cli {

/// `what` follows the name of the process: "is traced by gdb[12]"; `hint` may be empty.
struct SealProblem {
  std::string what;
  std::string hint;
};

SealProblem describe(const seal::Marked& marked, pid_t process);

}  // namespace cloexec::cli
