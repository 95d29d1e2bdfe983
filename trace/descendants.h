// SPDX-License-Identifier: Apache-2.0
//
// What a process has started, by the parents that /proc tells of.
#pragma once

#include <sys/types.h>

#include <vector>

namespace cloexec::trace {

/// `process`, and all that it has started, and these, which have not ended; parents before their children.
std::vector<pid_t> with_descendants(pid_t process);

}  // namespace cloexec::trace
