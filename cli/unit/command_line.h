// SPDX-License-Identifier: Apache-2.0
//
// What an ExecStart= runs (systemd.service(5), "Command lines").
#pragma once

#include <string>
#include <vector>

namespace cloexec::cli {

struct CommandLine {
  std::string prefixes;  // "-", "@", ":", "+", "!", "!!" before the program
  std::string text;      // program and arguments, as written
  std::string program;   // its path or name; empty when a specifier is in it

  [[nodiscard]] bool has(char prefix) const { return prefixes.find(prefix) != std::string::npos; }

  /// As root, and not in the sandbox that the unit makes.
  [[nodiscard]] bool is_privileged() const { return has('+'); }
};

/// Of all assignments; several may be in one, with a ";" between them.
std::vector<CommandLine> command_lines(const std::vector<std::string>& assignments);

}  // namespace cloexec::cli
