// SPDX-License-Identifier: Apache-2.0
//
// Becomes a program under the shim: what `run` does, and `audit` in its child.
#pragma once

#include <string>
#include <vector>

#include "cli/settings.h"

namespace cloexec::cli {

/// Says what is malformed in the policy, since the shim would ignore it; whether anything is.
bool refuse_malformed(const Settings& settings, const std::string& program);

/// Returns only when `program` cannot be started: with the exit status that env(1) has for that, when it has said why.
int become(const Settings& settings, const std::string& program, std::vector<std::string> arguments);

}  // namespace cloexec::cli
