// SPDX-License-Identifier: Apache-2.0
//
// Tells the user what was wrong in the settings, on standard error. It may lose a message, but never blocks or ends the
// host.
#pragma once

#include <string_view>

#include "policy/complaint.h"

namespace cloexec {

/// Writes "cloexec: SOURCE:LINE:COLUMN: what is wrong; the rule is ignored".
void report(std::string_view source, const Complaint& complaint);

}  // namespace cloexec
