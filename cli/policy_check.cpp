// SPDX-License-Identifier: Apache-2.0
//
// `cloexec policy check`: everything that is wrong with a policy, each with its place.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/sources.h"

namespace cloexec::cli {
namespace {

int check(const std::optional<std::string>& path) {
  if (print_problems(path ? read_policy_from(*path) : read_policy(settings_from_environment()))) return 1;
  fmt::print("ok\n");
  return 0;
}

}  // namespace

void add_policy_check(CLI::App& policy, Action& action) {
  CLI::App* command = policy.add_subcommand("check", "Say ok, or what is wrong and where");
  auto path = std::make_shared<std::optional<std::string>>();
  command->add_option("FILE", *path,
                      "A policy file; when left out, all that is in force:\n"
                      "the CLOEXEC_* variables, and their file or /etc/cloexec.conf");
  command->footer("Exit status: 0 when all is well, 1 when something is wrong.");
  command->callback([=, &action] { action = [=] { return check(*path); }; });
}

}  // namespace cloexec::cli
