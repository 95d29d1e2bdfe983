// SPDX-License-Identifier: Apache-2.0
//
// Looks at the processes that are asked for, and at what it takes to say what their descriptors are.
#pragma once

#include <set>

#include "cli/ps/report.h"
#include "cli/ps/selection.h"

namespace cloexec::cli {

struct Request {
  std::set<int> pids;  // empty: all that are selected, but for the asking process itself
  Selection selection;
  bool asks_for_descendants = false;  // of the PIDs
  bool asks_for_targets = true;       // what the descriptors are, not only how many
};

/// What was found. Of PIDs that cannot be shown it tells on standard error, and sets `is_failed`.
Listing survey(const Request& request, bool& is_failed);

}  // namespace cloexec::cli
