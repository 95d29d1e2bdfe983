// SPDX-License-Identifier: Apache-2.0
//
// Work on files that may be anyone's, in a process of its own: a file by which its reader crashes, or which is cut
// meanwhile, costs no more than what was to be found out of it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cloexec::cli {

/// What `work` says of 0 to `count` - 1, each in turn; nothing of what its process has ended at, in which case another
/// one goes on with the next, or where there is no process to be had.
std::vector<std::optional<std::string>> done_apart(std::size_t count,
                                                   const std::function<std::string(std::size_t)>& work);

}  // namespace cloexec::cli
