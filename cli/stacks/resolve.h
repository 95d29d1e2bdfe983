// SPDX-License-Identifier: Apache-2.0
//
// Gives what crossed the calls that led to it: functions, source files and lines.
#pragma once

#include "cli/audit/report.h"

namespace cloexec::cli {

/// `with_stacks`: all calls, where the process has left its stack; else the innermost alone. Says of how many crossings
/// nothing could be found, since whoever read their files has crashed: they keep what the process itself told.
std::size_t resolve_calls(Report& report, bool with_stacks);

}  // namespace cloexec::cli
