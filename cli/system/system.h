// SPDX-License-Identifier: Apache-2.0
//
// `cloexec audit --system`: what crosses the execs of the whole machine, with nothing restarted and nothing preloaded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cli/audit/report.h"
#include "cli/settings.h"

namespace cloexec::cli {

struct SystemOptions {
  std::optional<double> seconds;  // until it ends by itself
  std::string units;              // globs; empty is all
  int process = 0;                // this one and what it starts; 0 is all
  bool names_makers = false;      // by their functions: a look at the end of every system call
};

/// Watches until the time is over, or SIGINT, SIGTERM or SIGHUP comes. Throws std::runtime_error that says why a
/// machine cannot be watched. `room` is that of the kernel's ring, in bytes.
Report audit_system(const SystemOptions& options, const Settings& settings, std::size_t room);

}  // namespace cloexec::cli
