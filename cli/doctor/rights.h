// SPDX-License-Identifier: Apache-2.0
//
// What a file gives to whoever executes it: execve(2), capabilities(7).
#pragma once

#include <string>

namespace cloexec::cli {

struct Right {
  std::string id;             // "set-user-id", "set-group-id" or "capabilities"; empty when it gives none
  std::string text;           // "set-user-ID (user 0)"
  bool has_effect = true;     // not where its file system is mounted nosuid
  bool is_held_here = false;  // this process has it already: it would get nothing more

  explicit operator bool() const { return !id.empty(); }
};

Right right_of(const std::string& path);

}  // namespace cloexec::cli
