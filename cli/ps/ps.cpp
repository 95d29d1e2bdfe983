// SPDX-License-Identifier: Apache-2.0
//
// `cloexec ps`: the inheritable descriptors of live processes, under the shim or not.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/ps/processes.h"

namespace cloexec::cli {
namespace {

std::string as_json(const std::vector<Process>& processes) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Process& process : processes) {
    Json fds = Json::array();
    for (const Inheritable& one : process.fds)
      fds.push_back({{"fd", one.fd}, {"object", one.object}, {"target", one.target}});
    list.push_back({{"pid", process.pid},
                    {"comm", process.comm},
                    {"exe", process.exe},
                    {"shim", process.has_shim},
                    {"fds", std::move(fds)}});
  }
  const Json json = {{"version", 1}, {"processes", std::move(list)}};
  // Names need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Whoever names a process hears of it even when there is nothing to tell.
std::string as_text(const std::vector<Process>& processes, bool are_named) {
  std::string text;
  std::size_t count = 0;
  std::size_t holders = 0;
  for (const Process& process : processes) {
    count += process.fds.size();
    holders += process.fds.empty() ? 0U : 1U;
    if (process.fds.empty() && !are_named) continue;
    text += fmt::format("\n{} {}  {}{}\n", process.pid, printable(process.comm), printable(process.exe),
                        process.has_shim ? "  (under the shim)" : "");
    for (const Inheritable& one : process.fds)
      text += fmt::format("  {:>5}  {:<9}  {}\n", one.fd, printable(one.object), printable(one.target));
    if (process.fds.empty()) text += "  nothing above 2 is inheritable\n";
  }
  return fmt::format("{} inheritable descriptors above 2 in {} of {} processes\n", count, holders, processes.size()) +
         text;
}

int ps(const std::vector<int>& pids, bool is_json) {
  const Processes processes = read_processes(pids);
  fmt::print("{}", is_json ? as_json(processes.found) : as_text(processes.found, !pids.empty()));
  if (pids.empty()) return 0;
  for (const Unreadable& one : processes.unreadable) fail(fmt::format("process {}: {}", one.pid, one.why), one.hint);
  return processes.unreadable.empty() ? 0 : failed;
}

}  // namespace

void add_ps(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("ps", "Show the inheritable descriptors of live processes");
  auto pids = std::make_shared<std::vector<int>>();
  auto is_json = std::make_shared<bool>(false);
  command->add_option("PID", *pids, "Processes; all that may be read when none is given")->check(CLI::PositiveNumber);
  command->add_flag("--json", *is_json, "Print JSON, version 1");
  command->footer("Exit status: 125 when a process that was named cannot be read; the others are shown all the same.");
  command->callback([=, &action] { action = [=] { return ps(*pids, *is_json); }; });
}

}  // namespace cloexec::cli
