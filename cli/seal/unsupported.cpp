// SPDX-License-Identifier: Apache-2.0
//
// For architectures that the room seal/ does not know.

#include <CLI/CLI.hpp>
#include <stdexcept>

#include "cli/commands.h"

namespace cloexec::cli {

void add_seal(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("seal", "Make the inheritable descriptors of live processes close-on-exec");
  command->allow_extras();
  command->callback(
      [&action] { action = []() -> int { throw std::runtime_error("seal knows x86-64 and aarch64 alone"); }; });
}

}  // namespace cloexec::cli
