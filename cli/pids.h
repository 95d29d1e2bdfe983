// SPDX-License-Identifier: Apache-2.0
//
// Process ids, as the user names them.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace cloexec::cli {

/// Throws UsageError that names a word which is none.
std::set<int> pids_from(const std::vector<std::string>& words);

}  // namespace cloexec::cli
