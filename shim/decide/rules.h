// SPDX-License-Identifier: Apache-2.0
//
// The rules that can concern this program, collected at load and immutable from then on. Nothing here changes errno.
#pragma once

#include <span>

#include "policy/policy.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Where rules come from, beside the profile.
struct PolicySources {
  const char* variable = nullptr;  // the value of CLOEXEC_POLICY
  const char* file = nullptr;      // of CLOEXEC_POLICY_FILE; null is /etc/cloexec.conf, if that exists
  bool is_strict = false;          // without the profile
};

/// Reads all sources and reports what is malformed, or cannot be used: the rest holds. Copies what it keeps into memory
/// of its own (mmap(2)). `environment`: see first_argument(). To be called once, when the settings are read.
void load_rules(const PolicySources& sources, char* const* environment);

/// The rules, in the order in which they are asked, with their sources. The profile's are chosen when they are first
/// asked for, with a system call or two: most of what many processes do is to start. May be called in a signal handler
/// and between fork and exec; valid for ever.
std::span<const RuleSet> rule_sets();

}  // namespace cloexec
