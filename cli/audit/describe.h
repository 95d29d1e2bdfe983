// SPDX-License-Identifier: Apache-2.0
//
// What a descriptor is, from what its process saw of it when it got it.
#pragma once

#include <string>

#include "cli/audit/ring.h"
#include "cli/describe/description.h"

namespace cloexec::cli {

/// Of an event `arrived`.
Description describe_arrived(const Event& event);

/// Of an event `made`: what its call tells, and the path as the program wrote it.
Description describe_made(const std::string& call, const std::string& path);

}  // namespace cloexec::cli
