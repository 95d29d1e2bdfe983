// SPDX-License-Identifier: Apache-2.0
//
// What an audit comes to, and what it could not see: it never says "nothing" where it could not look.
#pragma once

#include <string>
#include <string_view>

#include "cli/audit/report.h"

namespace cloexec::cli {

/// "statically linked", of an obstacle's identifier; empty when it is not known.
std::string_view words_for_obstacle(std::string_view obstacle);

/// "2 records were lost, for want of room (--records makes more); the shim could not enter 1 program: /usr/bin/x
/// (statically linked)". Empty when all was seen.
std::string what_was_not_seen(const Report& report);

/// What came of it, in a sentence or two: "Leaked 47 times, 7 distinct: nobody asked for them."
std::string outcome_of(const Report& report);

/// That and what was not seen in one line, for who sees nothing else of the report.
std::string verdict_on(const Report& report);

}  // namespace cloexec::cli
