// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shim/host/word.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// execve(2) or execveat(2) through syscall(2), whose number is the first word.
Word started_by_number(const void* caller, const Word* words);

}  // namespace cloexec
