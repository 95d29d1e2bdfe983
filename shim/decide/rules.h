// SPDX-License-Identifier: Apache-2.0
//
// The rules that can concern this program, collected at load and immutable from then on.
#pragma once

#include <span>

#include "policy/policy.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Where rules come from, beside the profile.
struct PolicySources {
  const char* variable = nullptr;  // the value of CLOEXEC_POLICY
  const char* file = nullptr;      // of CLOEXEC_POLICY_FILE; null is /etc/cloexec.conf, if that exists
  bool is_strict = false;
};

/// Reads all sources and reports what is malformed. `environment`: see first_argument().
void load_rules(const PolicySources& sources, char* const* environment);

/// In the order in which they are asked. The profile's are chosen when they are first asked for: most of what many
/// processes do is to start.
std::span<const RuleSet> rule_sets();

}  // namespace cloexec
