// SPDX-License-Identifier: Apache-2.0
//
// The policy in force, read from all of its sources in the order in which they are asked. The shim goes on when
// something is malformed; here everything that is wrong is collected.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/message.h"
#include "cli/settings.h"
#include "policy/number_set.h"
#include "policy/policy.h"

namespace cloexec::cli {

struct Source {
  std::string name;
  std::string text;
  std::vector<Rule> rules;
};

struct Policy {
  NumberSet allowed;
  std::vector<Source> sources;
  std::vector<Problem> problems;

  /// Leaves out the rules that cannot concern `program`, a path or a name; empty is no program that a rule names.
  void keep_rules_for(const std::string& program);

  /// For `decide`. Valid as long as this is.
  std::vector<RuleSet> rule_sets() const;
};

/// Everything that `settings` puts in force, /etc/cloexec.conf and the profile too.
Policy read_policy(const Settings& settings);

/// Only the file.
Policy read_policy_from(const std::string& path);

/// Prints the problems; whether there were any.
bool print_problems(const Policy& policy);

}  // namespace cloexec::cli
