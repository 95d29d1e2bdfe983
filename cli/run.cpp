// SPDX-License-Identifier: Apache-2.0
//
// `cloexec run`: refuses a malformed policy, then becomes the program, under the shim.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/become.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/supervision/supervision.h"

namespace cloexec::cli {
namespace {

struct Options {
  Settings settings = settings_from_environment();
  std::string program;
  bool is_supervised = false;
  Supervision supervision;
};

int run(const Options& options, const std::vector<std::string>& arguments) {
  if (refuse_malformed(options.settings, options.program)) return failed;
  if (options.is_supervised) {
    warn_of_lost_rights(options.program);
    begin_supervision(options.settings, options.supervision);
  }
  return become(options.settings, options.program, arguments);
}

}  // namespace

void add_run(CLI::App& app, Action& action, const std::vector<std::string>& arguments) {
  CLI::App* command = app.add_subcommand("run", "Run a program whose new descriptors are close-on-exec");
  auto options = std::make_shared<Options>();
  add_options(*command, options->settings);
  command->add_flag("--supervise", options->is_supervised,
                    "Close in all new programs what leaked, also where no preload reaches");
  add_options(*command, options->supervision);
  command->add_option("PROGRAM", options->program, "The program; what follows are its arguments")
      ->type_name(takes_arguments)
      ->required();
  command->footer(
      "Exit status: the program's own; 125 when cloexec fails or the policy is malformed, 126 when the program\n"
      "cannot be run, 127 when it is not found.");
  command->callback([=, &action, &arguments] { action = [=, &arguments] { return run(*options, arguments); }; });
}

}  // namespace cloexec::cli
