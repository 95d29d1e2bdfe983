// SPDX-License-Identifier: Apache-2.0
//
// What in a unit will keep the shim out of its program. The loader would go on without it, and say little or nothing.
#pragma once

#include <string>
#include <vector>

#include "cli/unit/service.h"

namespace cloexec::cli {

/// A sentence each, without its point. `shim` is the file that the drop-in names; one for an audit lets it be executed.
std::vector<std::string> obstacles_in(const Service& service, const std::string& shim, bool is_for_audit);

/// Whether one of its programs is loaded by musl.
bool runs_musl(const Service& service, const std::string& shim);

/// Why the user that the service runs as could not read `path`; empty when it can, or that cannot be told.
std::string obstacle_for_user(const Service& service, const std::string& path);

}  // namespace cloexec::cli
