// SPDX-License-Identifier: Apache-2.0

#include "cli/unit/drop_in.h"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string_view>

#include "cli/find_shim.h"
#include "cli/loader.h"
#include "cli/unit/command_line.h"
#include "cli/unit/syntax.h"

namespace cloexec::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view preload = "LD_PRELOAD=";

std::string environment(const std::string& assignment) { return fmt::format("Environment={}\n", quoted(assignment)); }

/// The last one counts.
std::string own_preloads(const Service& service) {
  std::string value;
  for (const std::string& assignment : service.words("Environment"))
    if (assignment.starts_with(preload)) value = assignment.substr(preload.size());
  return value;
}

std::string_view format_of(const std::string& report) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> endings = {
      {{".json", "json"}, {".html", "html"}, {".sarif", "sarif"}, {".xml", "junit"}}};
  for (const auto& [ending, format] : endings)
    if (report.ends_with(ending)) return format;
  return "text";
}

/// "KILL" or "SIGKILL"; 0 when it is none.
int signal_named(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (int signal = 1; signal < NSIG; ++signal)
    if (const char* known = sigabbrev_np(signal); known != nullptr && name == known) return signal;
  return 0;
}

/// What ends by a signal ends its audit with 128 and the signal's number. These ends systemd takes for clean
/// (systemd.service(5), SuccessExitStatus=), and those that the unit names.
std::string clean_ends(const Service& service) {
  std::set<int> ends;
  for (const int signal : {SIGHUP, SIGINT, SIGPIPE, SIGTERM}) ends.insert(128 + signal);
  for (const std::string& word : service.words("SuccessExitStatus"))
    if (const int signal = signal_named(word); signal != 0) ends.insert(128 + signal);
  return fmt::format("{}", fmt::join(ends, " "));
}

/// What is run, behind the audit's own words. By "@" the second word is the program's name, which cannot be handed on.
std::string audited(const CommandLine& line) {
  if (!line.has('@')) return line.text;
  std::string_view rest = line.text;
  const std::string program(take_word(rest));
  take_word(rest);
  return rest.empty() ? program : fmt::format("{} {}", program, rest);
}

CommandLine only_line(const Service& service) {
  const std::vector<CommandLine> lines = command_lines(service.all("ExecStart"));
  if (lines.size() != 1)
    throw std::runtime_error(fmt::format("an audit runs one program, and the unit has {} in ExecStart=", lines.size()));
  if (lines[0].has('|')) throw std::runtime_error("an audit cannot run what ExecStart= gives to a shell by '|'");
  return lines[0];
}

/// The file is made as root, so that a user who may not write to its folder can write to it.
std::string made_for_user(const Service& service, const std::string& report) {
  const std::string user = service.last("User");
  if (user.empty() || service.is_on("DynamicUser")) return {};
  return fmt::format("ExecStartPre=+/usr/bin/install -m 640 -o {} /dev/null {}\n", user, quoted_argument(report));
}

bool has_read_only_places(const Service& service) {
  for (const std::string_view setting :
       {"ProtectSystem", "ProtectHome", "ReadOnlyPaths", "RootDirectory", "DynamicUser"})
    if (!service.last(setting).empty()) return true;
  return false;
}

}  // namespace

std::string shim_settings(const std::optional<Service>& service, const std::string& shim, const Settings& settings) {
  std::string text =
      environment(std::string(preload) + preload_list(shim, service ? own_preloads(*service) : std::string()));
  for (const auto& [variable, value] : variables(settings)) text += environment(fmt::format("{}={}", variable, value));
  return text;
}

std::string audit_settings(const Service& service, const std::string& report, const std::string& shim,
                           const Settings& settings) {
  const CommandLine line = only_line(service);
  const std::string cloexec = fs::read_symlink("/proc/self/exe");
  std::string prefixes = line.prefixes;
  std::erase(prefixes, '@');
  std::string text;
  for (const auto& [variable, value] : variables(settings)) text += environment(fmt::format("{}={}", variable, value));
  if (!line.is_privileged()) text += made_for_user(service, report);
  text += fmt::format("ExecStart=\nExecStart={}{} audit --format {} -o {} -- {}\n", prefixes, quoted_argument(cloexec),
                      format_of(report), quoted_argument(report), audited(line));
  const std::string type = service.last("Type");
  // The audit goes on when the program is in the background.
  if (type == "forking") text += "Type=simple\nPIDFile=\n";
  if (type.starts_with("notify")) text += "NotifyAccess=all\n";
  // It hands the signal on, to all that there is of the service in the end.
  text += "KillMode=mixed\n";
  // By that one it would end alone when the program is in the background.
  if (type == "forking" && signal_named(service.last("KillSignal")) == SIGINT) text += "KillSignal=SIGTERM\n";
  text += fmt::format("SuccessExitStatus={}\n", clean_ends(service));
  if (!service.all("NoExecPaths").empty()) text += fmt::format("ExecPaths={} {}\n", quoted(cloexec), quoted(shim));
  if (has_read_only_places(service))
    text += fmt::format("ReadWritePaths={}\n", quoted(fmt::format("-{}", fs::path(report).parent_path().string())));
  return text;
}

}  // namespace cloexec::cli
