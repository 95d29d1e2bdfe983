// SPDX-License-Identifier: Apache-2.0
//
// `cloexec run`: refuses a malformed policy, then becomes the program, under the shim.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/become.h"
#include "cli/commands.h"
#include "cli/message.h"

namespace cloexec::cli {
namespace {

int run(const Settings& settings, const std::string& program, const std::vector<std::string>& arguments) {
  return refuse_malformed(settings, program) ? failed : become(settings, program, arguments);
}

}  // namespace

void add_run(CLI::App& app, Action& action, const std::vector<std::string>& arguments) {
  CLI::App* command = app.add_subcommand("run", "Run a program whose new descriptors are close-on-exec");
  auto settings = std::make_shared<Settings>(settings_from_environment());
  auto program = std::make_shared<std::string>();
  add_options(*command, *settings);
  command->add_option("PROGRAM", *program, "The program; what follows are its arguments")
      ->type_name(takes_arguments)
      ->required();
  command->footer(
      "Exit status: the program's own; 125 when cloexec fails or the policy is malformed, 126 when the program\n"
      "cannot be run, 127 when it is not found.");
  command->callback(
      [=, &action, &arguments] { action = [=, &arguments] { return run(*settings, *program, arguments); }; });
}

}  // namespace cloexec::cli
