// SPDX-License-Identifier: Apache-2.0
//
// `cloexec run`: refuses a malformed policy, then becomes the program, under the shim.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "cli/commands.h"
#include "cli/find_shim.h"
#include "cli/sources.h"

namespace cloexec::cli {
namespace {

void set(const std::string& name, const std::string& value) { setenv(name.c_str(), value.c_str(), 1); }

int run(const Settings& settings, const std::string& program, std::vector<std::string> arguments) {
  if (print_problems(read_policy(settings)))
    return fail(program + " was not started: the shim would ignore what is malformed",
                "rules are described in cloexec.conf(5); `cloexec policy check FILE` checks a file");
  const char* preloaded = std::getenv("LD_PRELOAD");
  set("LD_PRELOAD", preload_list(find_shim(), preloaded != nullptr ? preloaded : ""));
  for (const auto& [name, value] : variables(settings)) set(name, value);

  std::vector<char*> vector{const_cast<char*>(program.c_str())};
  for (std::string& argument : arguments) vector.push_back(argument.data());
  vector.push_back(nullptr);
  execvp(program.c_str(), vector.data());
  const int error = errno;
  fail(program + ": " + std::strerror(error));
  return error == ENOENT ? 127 : 126;
}

}  // namespace

void add_run(CLI::App& app, Action& action, const std::vector<std::string>& arguments) {
  CLI::App* command = app.add_subcommand("run", "Run a program whose new descriptors are close-on-exec");
  auto settings = std::make_shared<Settings>(settings_from_environment());
  auto program = std::make_shared<std::string>();
  add_options(*command, *settings);
  command->add_option("PROGRAM", *program, "The program; what follows are its arguments")
      ->type_name("[ARG...]")
      ->required();
  command->footer(
      "Exit status: the program's own; 125 when cloexec fails or the policy is malformed, 126 when the program\n"
      "cannot be run, 127 when it is not found.");
  command->callback(
      [=, &action, &arguments] { action = [=, &arguments] { return run(*settings, *program, arguments); }; });
}

}  // namespace cloexec::cli
