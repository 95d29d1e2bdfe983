// SPDX-License-Identifier: Apache-2.0
//
// Who has made a descriptor, as a report has it.
#pragma once

#include "cli/audit/report.h"
#include "watch/exec.h"

namespace cloexec::cli {

/// All but when; the program is known. `witness`: a process in which the same is mapped as in the maker, or 0.
void describe_maker(Creation& created, const watch::Maker& maker, int witness);

/// Finds the calls of all that was made so. The innermost that is not libc's becomes who made it, and the last of
/// libc's what it called.
void name_makers(Report& report);

}  // namespace cloexec::cli
