// SPDX-License-Identifier: Apache-2.0
//
// What keeps the shim out of a program, so that an audit sees neither what it does nor what it starts.
#pragma once

#include <string>

#include "cli/audit/report.h"

namespace cloexec::cli {

/// What is known from the program's file, as an identifier that never changes: those of `cloexec doctor` ("static",
/// "set-user-id", "architecture"). Empty when there is nothing, or no such file. `is_for_us`: this process would start
/// it, and a right that it has already keeps nothing out.
std::string obstacle_in_file(const std::string& program, bool is_for_us);

/// What is known from the process while it lives: "secure-execution" (getauxval(3), AT_SECURE), or "no-preload": its
/// environment names no shim.
std::string obstacle_in_process(int pid);

/// Names what has kept the shim out of programs, of those for which it was not found while they ran.
void find_obstacles(Report& report);

}  // namespace cloexec::cli
