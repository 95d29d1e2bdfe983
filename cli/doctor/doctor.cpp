// SPDX-License-Identifier: Apache-2.0
//
// `cloexec doctor`: whether a preload can reach a program at all, told from its file without running it.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/doctor/findings.h"
#include "cli/find_shim.h"
#include "cli/message.h"
#include "cli/text/json.h"

namespace cloexec::cli {
namespace {

constexpr int out_of_reach = 1;

const char* name_of(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "";
}

std::string verdict_on(const Findings& findings) {
  Severity worst = Severity::note;
  for (const Finding& finding : findings) worst = std::max(worst, finding.severity);
  return worst == Severity::note ? "protected" : worst == Severity::warning ? "partly" : "not";
}

std::string as_text(const Location& location, const Findings& findings) {
  std::string text = fmt::format("{}: {}\n", verdict_on(findings), printable(location.path));
  for (const Finding& finding : findings)
    text += fmt::format("  {}: {}\n", name_of(finding.severity), printable(finding.text));
  return text;
}

std::string as_json(const std::string& program, const Location& location, const Findings& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings)
    list.push_back({{"id", finding.id}, {"severity", name_of(finding.severity)}, {"text", finding.text}});
  return written({{"version", 1},
                  {"program", program},
                  {"path", location.path},
                  {"verdict", verdict_on(findings)},
                  {"findings", std::move(list)}});
}

int diagnose(const std::string& program, bool is_for_machines) {
  const Location location = locate(program);
  const Findings findings = examine(location, find_shim());
  fmt::print("{}", is_for_machines ? as_json(program, location, findings) : as_text(location, findings));
  return verdict_on(findings) == "protected" ? 0 : out_of_reach;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("doctor", "Say whether the shim can reach a program, without running it");
  auto program = std::make_shared<std::string>();
  auto is_for_machines = std::make_shared<bool>(false);
  command->add_option("PROGRAM", *program, "The program, a path or a name in PATH")->required();
  command->add_flag("--json", *is_for_machines, "Write JSON");
  command->footer(
      "Looks at the program's own file, not at its libraries; RTLD_DEEPBIND cannot be seen there.\n"
      "Exit status: 0 when it is protected, 1 when partly or not, 125 when cloexec fails.");
  command->callback([=, &action] { action = [=] { return diagnose(*program, *is_for_machines); }; });
}

}  // namespace cloexec::cli
