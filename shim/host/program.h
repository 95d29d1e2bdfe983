// SPDX-License-Identifier: Apache-2.0
//
// What the running program is known by: what a rule's `program` asks. Nothing here changes errno, and all may be called
// in a signal handler and between fork and exec.
#pragma once

#include <span>
#include <string_view>

namespace [[gnu::visibility("hidden")]] cloexec {

/// argv[0], from `environment` as the kernel laid it out behind the arguments (execve(2)), within that memory; empty
/// when it is not to be had, as where the program has moved the list, and for null.
std::string_view first_argument(char* const* environment);

/// The names of the running program. Lives on the stack of whoever asks, a signal handler perhaps, so that paths of
/// more than 1023 bytes are not known.
class ProgramNames {
 public:
  /// Keeps `started_as`, which is argv[0] and must live as long: a process may write something else there later.
  explicit ProgramNames(std::string_view started_as) : started_as_(started_as) {}

  /// The executable's path, the name that it was started under (a script's or a symbolic link's: getauxval(3),
  /// AT_EXECFN) and argv[0], each empty when it is not known; under AT_SECURE the first alone. Found out when first
  /// asked, with one system call; valid as long as this object.
  std::span<const std::string_view> get();

 private:
  std::string_view started_as_;
  std::string_view names_[3] = {};
  bool are_known_ = false;
  char executable_[1024];
};

}  // namespace cloexec
