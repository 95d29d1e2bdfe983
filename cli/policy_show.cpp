// SPDX-License-Identifier: Apache-2.0
//
// `cloexec policy show`: the rules in force, in the order in which they are asked. What it prints is itself a policy.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/sources.h"

namespace cloexec::cli {
namespace {

struct Line {
  std::string rule;
  std::string source;
};

std::vector<Line> lines_of(const Settings& settings, const Policy& policy) {
  std::vector<Line> lines{{"exempt fd=0-2", "always"}};
  if (settings.allow)
    lines.push_back({fmt::format("exempt fd=\"{}\"", settings.allow->value), settings.allow->given_by});
  for (const Source& source : policy.sources)
    for (const Rule& rule : source.rules)
      lines.push_back({std::string(rule.text.of(source.text)), fmt::format("{}:{}", source.name, rule.line)});
  return lines;
}

int show(const std::string& program) {
  const Settings settings = settings_from_environment();
  Policy policy = read_policy(settings);
  if (!program.empty()) policy.keep_rules_for(program);
  const std::vector<Line> lines = lines_of(settings, policy);
  std::size_t width = 0;
  for (const Line& line : lines) width = std::max(width, std::min<std::size_t>(line.rule.size(), 48));
  if (settings.mode && settings.mode->value != "enforce")
    fmt::print("# CLOEXEC_MODE={}\n", printable(settings.mode->value));
  for (const Line& line : lines) fmt::print("{:<{}}  # {}\n", printable(line.rule), width, printable(line.source));
  if (!print_problems(policy)) return 0;
  return fail("the shim ignores what is malformed; what it goes on with is shown");
}

}  // namespace

void add_policy_show(CLI::App& policy, Action& action) {
  CLI::App* command = policy.add_subcommand("show", "Print the rules in force, in order, with their source");
  auto program = std::make_shared<std::string>();
  command->add_option("--program", *program, "Only the rules that can concern this program, a path or a name")
      ->type_name("P");
  command->footer("The first rule that matches decides; none: the descriptor is close-on-exec.");
  command->callback([=, &action] { action = [=] { return show(*program); }; });
}

}  // namespace cloexec::cli
