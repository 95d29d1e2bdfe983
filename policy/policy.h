// SPDX-License-Identifier: Apache-2.0
//
// Rules from several sources, in the order in which they are asked: CLOEXEC_POLICY, the policy file, the profile.
#pragma once

#include <span>
#include <string_view>

#include "policy/decide.h"

namespace cloexec {

/// The rules of one source. They refer to its text.
struct RuleSet {
  std::string_view source;  // what messages call it: a path, a variable's name, "standard"
  std::string_view text;
  std::span<const Rule> rules;
};

/// What was decided, and by which rule of which source; by none when nothing matched.
struct Decision {
  Verdict verdict = Verdict::force;
  const RuleSet* set = nullptr;
  const Rule* rule = nullptr;
};

/// Asks the rules about `call`. Those that are for other programs must have been left out, see `concerns`.
constexpr Decision decide(std::span<const RuleSet> sets, Call call, CallFacts auto& facts) {
  for (const RuleSet& set : sets)
    for (const Rule& rule : set.rules) {
      if (!rule.calls.contains(call)) continue;
      if (const Opinion opinion = ask(rule, set.text, facts); opinion.matches) return {opinion.verdict, &set, &rule};
    }
  return {};
}

/// Whether `rule` can concern a program that is known by these names: the executable's path, and what it was started
/// as. Login shells are started as "-bash".
constexpr bool concerns(const Rule& rule, std::string_view text, std::span<const std::string_view> names) {
  if (!rule.has(Key::program)) return true;
  for (std::string_view name : names) {
    if (!name.empty() && name[0] == '-') name.remove_prefix(1);
    if (matches_program(rule.value(Key::program).of(text), name)) return true;
  }
  return false;
}

}  // namespace cloexec
