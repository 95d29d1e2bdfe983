// SPDX-License-Identifier: Apache-2.0
//
// Reads what the shim in a live process shows of itself (policy/shown.h).
#pragma once

#include <optional>
#include <string_view>

#include "cli/proc_folder.h"
#include "policy/shown.h"

namespace cloexec::cli {

/// From the memory of /proc/PID; `maps` is what its file of that name says, `shim` a path in there. Absent where the
/// memory may not be read, which takes more than all else does (ptrace(2), PTRACE_MODE_ATTACH), and of libraries that
/// show nothing.
std::optional<Shown> shown_by(std::string_view shim, std::string_view maps, const ProcFolder& process);

}  // namespace cloexec::cli
