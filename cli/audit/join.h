// SPDX-License-Identifier: Apache-2.0
//
// One list of execs from what programs recorded themselves and what was seen of them from outside. What a program
// recorded is better known: who made what it got. Of one that the shim has not entered, what it got was only seen.
#pragma once

#include <vector>

#include "cli/audit/report.h"
#include "cli/audit/sighting.h"

namespace cloexec::cli {

std::vector<Exec> joined(std::vector<Exec> recorded, std::vector<Sighting> seen);

}  // namespace cloexec::cli
