// SPDX-License-Identifier: Apache-2.0
//
// What the running program is known by: what a rule's `program` asks.
#pragma once

#include <span>
#include <string_view>

namespace [[gnu::visibility("hidden")]] cloexec {

/// argv[0], from `environment` as the kernel laid it out behind the arguments; empty when it is not to be had.
std::string_view first_argument(char* const* environment);

/// The executable's path, the name that it was started under (a script's or a symbolic link's: getauxval(3), AT_EXECFN)
/// and argv[0]. Found out when first asked, with one system call; lives on the stack
/// of whoever asks, a signal handler perhaps, so that longer paths than its room are not known.
class ProgramNames {
 public:
  /// `started_as` is argv[0]: a process may write something else there later.
  explicit ProgramNames(std::string_view started_as) : started_as_(started_as) {}

  std::span<const std::string_view> get();

 private:
  std::string_view started_as_;
  std::string_view names_[3] = {};
  bool are_known_ = false;
  char executable_[1024];
};

}  // namespace cloexec
