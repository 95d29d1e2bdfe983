// SPDX-License-Identifier: Apache-2.0
//
// `cloexec audit PROGRAM`: runs it under the shim that records, and beside a supervisor that looks, until all that it
// has started has ended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/audit/report.h"
#include "cli/settings.h"
#include "cli/supervision/supervision.h"

namespace cloexec::cli {

struct CommandOptions {
  bool enforces = false;
  bool with_stacks = false;
  bool is_unsupervised = false;
  Supervision supervision;
  std::uint32_t records = 32768;  // room for so many at a time: a power of two
};

/// Fills in what `report.command` did, but for the files that the user names. 0, or the exit status where nothing came
/// of it; `status` is the command's own.
int audit_command(const CommandOptions& options, const Settings& settings, Report& report, int& status);

}  // namespace cloexec::cli
