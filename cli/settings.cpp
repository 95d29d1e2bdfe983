// SPDX-License-Identifier: Apache-2.0

#include "cli/settings.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

namespace cloexec::cli {
namespace {

std::optional<Setting> from_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return {};
  return Setting{name, value};
}

CLI::Option* add_value(CLI::App& app, const std::string& name, std::optional<Setting>& setting,
                       const std::string& help) {
  return app.add_option_function<std::string>(
      name,
      [&setting, name](const std::string& value) {
        setting = Setting{name, value};
      },
      help);
}

}  // namespace

Settings settings_from_environment() {
  Settings settings;
  settings.allow = from_variable("CLOEXEC_ALLOW");
  if (auto rules = from_variable("CLOEXEC_POLICY")) settings.rules.push_back(std::move(*rules));
  settings.file = from_variable("CLOEXEC_POLICY_FILE");
  settings.profile = from_variable("CLOEXEC_PROFILE");
  settings.mode = from_variable("CLOEXEC_MODE");
  settings.propagate = from_variable("CLOEXEC_PROPAGATE");
  return settings;
}

void add_policy_options(CLI::App& app, Settings& settings) {
  add_value(app, "--allow", settings.allow, "Descriptor numbers that stay inheritable besides 0-2, such as 3,5-7")
      ->type_name("LIST");
  // Absolute, because the program may change its directory before its children read it.
  app.add_option_function<std::string>(
         "--policy",
         [&settings](const std::string& path) {
           std::error_code unused;
           const auto absolute = std::filesystem::absolute(path, unused);
           settings.file = Setting{"--policy", absolute.empty() ? path : absolute.string()};
         },
         "A policy file, instead of /etc/cloexec.conf")
      ->type_name("FILE");
  app.add_option_function<std::vector<std::string>>(
         "--rule",
         [&settings](const std::vector<std::string>& rules) {
           std::vector<Setting> all;
           all.reserve(rules.size() + settings.rules.size());
           for (const std::string& rule : rules) all.push_back({"--rule", rule});
           all.insert(all.end(), settings.rules.begin(), settings.rules.end());
           settings.rules = std::move(all);
         },
         "A rule that is asked before all others; may be given several times")
      ->type_name("RULE")
      ->allow_extra_args(false);
  add_value(app, "--profile", settings.profile, "The built-in rules that come last")->type_name("standard|strict");
}

void add_options(CLI::App& app, Settings& settings) {
  add_policy_options(app, settings);
  add_value(app, "--mode", settings.mode, "Force the flag, only record, or do nothing")
      ->type_name("enforce|observe|off");
  app.add_flag_callback(
      "--no-propagate",
      [&settings] {
        settings.propagate = Setting{"--no-propagate", "no"};
      },
      "The program's own children start without the shim");
}

std::string joined_rules(const Settings& settings) {
  std::string joined;
  for (const Setting& rule : settings.rules) {
    // A comment would swallow whatever follows on its line.
    if (!joined.empty()) joined += joined.find('#') == std::string::npos ? "; " : "\n";
    joined += rule.value;
  }
  return joined;
}

std::vector<std::pair<std::string, std::string>> variables(const Settings& settings) {
  std::vector<std::pair<std::string, std::string>> result;
  const auto add = [&](const char* name, const std::optional<Setting>& setting) {
    if (setting) result.emplace_back(name, setting->value);
  };
  add("CLOEXEC_ALLOW", settings.allow);
  if (!settings.rules.empty()) result.emplace_back("CLOEXEC_POLICY", joined_rules(settings));
  add("CLOEXEC_POLICY_FILE", settings.file);
  add("CLOEXEC_PROFILE", settings.profile);
  add("CLOEXEC_MODE", settings.mode);
  add("CLOEXEC_PROPAGATE", settings.propagate);
  add("CLOEXEC_AUDIT", settings.audit);
  return result;
}

}  // namespace cloexec::cli
