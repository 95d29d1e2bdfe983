// SPDX-License-Identifier: Apache-2.0
//
// What monitoring is told: whether a process has more inheritable descriptors than it should.
#pragma once

#include <cstddef>

#include "cli/ps/report.h"

namespace cloexec::cli {

/// Says on standard error which processes have more than `most`, or why that is not known of all. Returns the exit
/// status: 0, 3 when one has more, 4 when none was seen to, but not all could be seen, or none was there.
int judge_by(std::size_t most, const Listing& listing);

}  // namespace cloexec::cli
