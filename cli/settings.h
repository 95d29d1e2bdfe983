// SPDX-License-Identifier: Apache-2.0
//
// What the user tells the shim: by the variables of the environment, and by the options that stand for them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace cloexec::cli {

/// A value, and the option or variable that gave it: what messages call it.
struct Setting {
  std::string given_by;
  std::string value;
};

struct Settings {
  std::optional<Setting> allow;
  std::vector<Setting> rules;  // in the order in which they are asked
  std::optional<Setting> file;
  std::optional<Setting> profile;
  std::optional<Setting> mode;
  std::optional<Setting> propagate;
  std::optional<Setting> audit;  // the ring

  /// The name of the profile in force: the shim takes one that it does not know for the standard one.
  const char* profile_name() const { return profile && profile->value == "strict" ? "strict" : "standard"; }
};

/// A variable that is empty counts as not set.
Settings settings_from_environment();

/// The options that say what may be inherited, into `settings`: rules go before those that are there, all else
/// replaces.
void add_policy_options(CLI::App& app, Settings& settings);

/// These, and all others of `run`.
void add_options(CLI::App& app, Settings& settings);

/// All rules, as one value for CLOEXEC_POLICY.
std::string joined_rules(const Settings& settings);

/// The shim's variables and their values; those that are not set are left out.
std::vector<std::pair<std::string, std::string>> variables(const Settings& settings);

}  // namespace cloexec::cli
