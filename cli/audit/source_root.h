// SPDX-License-Identifier: Apache-2.0
//
// Paths below the folder of the sources, written so that they are the same wherever that folder lies.
#pragma once

#include <string>

#include "cli/audit/report.h"

namespace cloexec::cli {

/// `path` as it is, without symbolic links. Throws std::runtime_error when there is no such folder.
std::string source_root_at(const std::string& path);

/// `report` with its paths below its source root relative to that: of programs, modules, sources, and of what leaked.
/// Sources that the debug information names by a relative path are taken to be there.
Report relative(Report report);

/// The other way round, as far as rules need it: of programs, and of files that leaked.
Report absolute(Report report);

}  // namespace cloexec::cli
