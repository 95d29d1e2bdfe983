// SPDX-License-Identifier: Apache-2.0
//
// Secure-execution mode: the kernel sets AT_SECURE for a program that is started with more rights than its caller's
// (getauxval(3)), and the loader then ignores LD_PRELOAD (ld.so(8)). It does so not for set-user-ID programs alone: a
// process whose effective user is not its real one starts every program so.
#pragma once

#include <optional>

#include "cli/proc_folder.h"

namespace cloexec::cli {

/// Whether the program in /proc/PID was started so; absent while the kernel is putting it there. Throws
/// std::system_error as ProcFolder does.
std::optional<bool> is_secure(const ProcFolder& process);

/// Whether what it starts now is started so: its effective user or group is not its real one (proc(5), status).
bool starts_secure(const ProcFolder& process);

}  // namespace cloexec::cli
