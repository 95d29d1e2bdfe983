// SPDX-License-Identifier: Apache-2.0
//
// `cloexec unit`: a drop-in that puts the shim under a systemd service.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "cli/commands.h"
#include "cli/find_shim.h"
#include "cli/sources.h"

namespace cloexec::cli {
namespace {

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

/// An assignment as systemd.exec(5) and systemd.syntax(7) want it: in quotes, with C escapes, and no specifiers.
std::string in_quotes(const std::string& assignment) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  if (std::mbstowcs(nullptr, assignment.c_str(), 0) == static_cast<std::size_t>(-1))
    throw std::runtime_error(fmt::format("systemd takes UTF-8 only: {}", assignment));
  std::string result = "\"";
  for (const char c : assignment) {
    if (c == '"' || c == '\\')
      result.append("\\").append(1, c);
    else if (c == '%')
      result += "%%";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      result += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    else
      result += c;
  }
  return result + '"';
}

int print_unit(const std::string& name, const Settings& settings) {
  const std::string unit = service_name(name);
  if (print_problems(read_policy(settings)))
    return fail("no drop-in was written: the shim would ignore what is malformed");
  std::string text = fmt::format(
      "# Makes close-on-exec the default for what {0} runs. To put it in place, as root:\n"
      "#   cloexec unit '{0}' [OPTIONS] | install -D -m 644 /dev/stdin '/etc/systemd/system/{0}.d/cloexec.conf'\n"
      "#   systemctl daemon-reload && systemctl restart '{0}'\n"
      "# It replaces an LD_PRELOAD that the unit sets itself: add that one behind, after a colon.\n"
      "[Service]\n",
      unit);
  text += fmt::format("Environment={}\n", in_quotes("LD_PRELOAD=" + find_shim()));
  for (const auto& [variable, value] : variables(settings))
    text += fmt::format("Environment={}\n", in_quotes(fmt::format("{}={}", variable, value)));
  fmt::print("{}", text);
  return 0;
}

}  // namespace

void add_unit(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("unit", "Print a systemd drop-in that runs a service under the shim");
  auto settings = std::make_shared<Settings>();
  auto name = std::make_shared<std::string>();
  command->add_option("UNIT", *name, "A service, such as nginx or nginx.service")->required();
  add_options(*command, *settings);
  command->footer("Only the options count, not the CLOEXEC_* variables of the caller.");
  command->callback([=, &action] { action = [=] { return print_unit(*name, *settings); }; });
}

}  // namespace cloexec::cli
