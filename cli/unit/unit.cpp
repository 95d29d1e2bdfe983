// SPDX-License-Identifier: Apache-2.0
//
// `cloexec unit`: a drop-in that puts the shim, or an audit, under a systemd service.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>

#include "cli/commands.h"
#include "cli/find_shim.h"
#include "cli/loader.h"
#include "cli/sources.h"
#include "cli/unit/drop_in.h"
#include "cli/unit/obstacles.h"
#include "cli/unit/service.h"

namespace cloexec::cli {
namespace {

struct Options {
  std::string unit;
  std::string report;
  bool is_forced = false;
  Settings settings;
};

/// As systemctl does: no suffix is a service. Others start no program of their own, or not from [Service].
std::string service_name(std::string unit) {
  constexpr std::string_view suffix = ".service";
  if (unit.find('.') == std::string::npos) unit += suffix;
  // systemd.unit(5)
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
  if (unit.size() > 255 || unit.find_first_not_of(allowed) != std::string::npos)
    throw std::runtime_error(fmt::format("'{}' is not the name of a unit", unit));
  if (unit.size() <= suffix.size() || !unit.ends_with(suffix) || unit[0] == '@')
    throw std::runtime_error(fmt::format("'{}' is not a service, such as nginx.service", unit));
  return unit;
}

std::string how_to_place(const std::string& unit, const std::string& options) {
  return fmt::format(
      "#   cloexec unit '{0}' {1}[OPTIONS] | install -D -m 644 /dev/stdin '/etc/systemd/system/{0}.d/cloexec.conf'\n"
      "#   systemctl daemon-reload && systemctl restart '{0}'\n",
      unit, options);
}

std::string shim_drop_in(const std::string& unit, const std::optional<Service>& service, const std::string& shim,
                         const Settings& settings) {
  std::string text = fmt::format("# Makes close-on-exec the default for what {} runs. To put it in place, as root:\n{}",
                                 unit, how_to_place(unit, ""));
  // musl's loader does not know $LIB.
  const bool is_for_musl = service && runs_musl(*service, shim);
  if (!service) text += "# It replaces an LD_PRELOAD that the unit sets itself: add that one behind, after a colon.\n";
  return text + "[Service]\n" + shim_settings(service, is_for_musl ? shim : with_lib_token(shim), settings);
}

std::string audit_drop_in(const std::string& unit, const Service& service, const std::string& shim,
                          const Options& options) {
  const std::string report = std::filesystem::absolute(options.report).lexically_normal();
  return fmt::format(
      "# Runs {0} under an audit: its report is written when the service stops. To put it in place, as root:\n{1}"
      "# and, when it has done what is to be seen:\n"
      "#   systemctl stop '{0}'\n"
      "#   rm '/etc/systemd/system/{0}.d/cloexec.conf' && systemctl daemon-reload\n"
      "# What ignores SIGTERM until TimeoutStopSec= has passed takes the report with it.\n"
      "[Service]\n{2}",
      unit, how_to_place(unit, "--audit FILE "), audit_settings(service, report, shim, options.settings));
}

/// What will not be as the drop-in has it. It is of use all the same: the unit may be changed, too.
void say_obstacles(const std::string& unit, const Service& service, const Options& options, const std::string& shim) {
  std::vector<std::string> said = obstacles_in(service, shim, !options.report.empty());
  const bool has_other_tmp = options.report.starts_with("/tmp/") || options.report.starts_with("/var/tmp/");
  if (has_other_tmp && service.is_on("PrivateTmp"))
    said.push_back(fmt::format("PrivateTmp= gives the unit a {} of its own: the report will be in there",
                               options.report.substr(0, options.report.find("tmp/") + 3)));
  if (!options.report.empty() && service.is_on("DynamicUser"))
    said.emplace_back("DynamicUser= may only write to its StateDirectory= and the like: put the report there");
  for (const std::string& one : said) say(fmt::format("{}: {}", unit, one));
}

int print_unit(const Options& options) {
  const std::string unit = service_name(options.unit);
  const bool is_audit = !options.report.empty();
  if (is_audit && options.settings.mode) throw UsageError("--audit chooses the mode itself");
  const std::optional<Service> service = Service::find(unit);
  if (!service && is_audit) return fail(fmt::format("there is no {}, and an audit has to know what it runs", unit));
  if (!service && !options.is_forced)
    return fail(fmt::format("there is no {} where systemd looks for units", unit),
                "--force writes a drop-in for one that is yet to come");
  if (service && service->is_masked() && !options.is_forced)
    return fail(fmt::format("{} is masked: systemd does not start it", unit), "--force writes a drop-in all the same");
  if (print_problems(read_policy(options.settings)))
    return fail("no drop-in was written: the shim would ignore what is malformed");
  const std::string shim = find_shim(is_audit);
  if (service) say_obstacles(unit, *service, options, shim);
  fmt::print("{}", is_audit ? audit_drop_in(unit, *service, shim, options)
                            : shim_drop_in(unit, service, shim, options.settings));
  return 0;
}

}  // namespace

void add_unit(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("unit", "Print a systemd drop-in that runs a service under the shim");
  auto options = std::make_shared<Options>();
  command->add_option("UNIT", options->unit, "A service, such as nginx or nginx.service")->required();
  add_options(*command, options->settings);
  command
      ->add_option("--audit", options->report,
                   "Run the service under an audit instead, which writes its report there when\n"
                   "the service stops; .json, .html, .sarif and .xml (JUnit) choose the format")
      ->type_name("FILE");
  command->add_flag("--force", options->is_forced, "Also for a unit that is not there, or is masked");
  command->footer(
      "Only the options count, not the CLOEXEC_* variables of the caller. What in the unit will keep the shim out of\n"
      "its program is said on standard error: a static program, NoExecPaths=, a User= who may not read the library.\n"
      "Units are looked for where systemd does, or in $SYSTEMD_UNIT_PATH.");
  command->callback([=, &action] { action = [=] { return print_unit(*options); }; });
}

}  // namespace cloexec::cli
