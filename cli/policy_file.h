// SPDX-License-Identifier: Apache-2.0
//
// Reads a policy file as the shim does: only one that nobody else could have written, and never one that blocks.
#pragma once

#include <string>

namespace cloexec::cli {

inline constexpr const char* default_policy_file = "/etc/cloexec.conf";

struct PolicyFile {
  std::string text;     // one byte more than is allowed at most
  std::string trouble;  // why it cannot be used; empty when it can
  bool exists = true;
};

PolicyFile read_policy_file(const std::string& path);

}  // namespace cloexec::cli
