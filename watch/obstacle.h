// SPDX-License-Identifier: Apache-2.0
//
// Why a machine cannot be watched.
#pragma once

#include <string>
#include <string_view>

namespace cloexec::watch {

/// In one sentence, with the way out; empty when nothing is known to be in the way.
std::string find_obstacle();

/// Of a step that has failed all the same: "load", "attach".
std::string explain_failure(std::string_view step, int error);

}  // namespace cloexec::watch
