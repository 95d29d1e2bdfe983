// SPDX-License-Identifier: Apache-2.0
//
// What programs needed of what was withheld from them, and the rules that would give it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/audit/report.h"

namespace cloexec::cli {

/// Puts into what is needed the narrowest rule that gives it, as the policy itself confirms.
void find_remedies(Report& report);

/// What programs needed, once for all starts that need the same.
struct Need {
  std::string program;
  Crossing crossing;
  std::size_t times = 0;
};

std::vector<Need> needs_of(const Report& report);

/// "/usr/bin/helper needs 3, file /run/state, made by main (daemon.c:7), by open: its read failed".
std::string text_of(const Need& need);

}  // namespace cloexec::cli
