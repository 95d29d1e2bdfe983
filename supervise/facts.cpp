// SPDX-License-Identifier: Apache-2.0

#include "supervise/facts.h"

#include <algorithm>
#include <vector>

#include "policy/glob.h"
#include "policy/number_set.h"

namespace cloexec::supervise {

Answer Facts::is_by(const CallSet& calls) const {
  if (is_exec) return is_started_by(calls);
  return may_be_copy ? is_made_by(calls, link) : is_first_made_by(calls, link);
}

Answer Facts::matches(const Rule& rule, std::string_view text, Key key) const {
  const std::string_view value = rule.value(key).of(text);
  const auto yes_if = [](bool is_so) { return is_so ? Answer::yes : Answer::no; };
  switch (key) {
    case Key::when:
      return is_exec ? yes_if((rule.when == When::child) == is_child) : Answer::unknown;
    case Key::own:
      return yes_if(is_own);
    case Key::fd:
      return yes_if(lists_number(value, fd));
    case Key::target:
      return yes_if(matches_program(value, target));
    case Key::announced:
      return yes_if(is_announced());
    case Key::program:
      return is_for_program(rule, text);
    case Key::path:
      return yes_if(matches_glob(value, link));
    case Key::module:
      return is_by_module(value);
  }
  return Answer::no;
}

Answer Facts::is_for_program(const Rule& rule, std::string_view text) const {
  if (look == nullptr) return Answer::unknown;
  const std::vector<std::string_view> views(look->names.begin(), look->names.end());
  return concerns(rule, text, views) ? Answer::yes : Answer::no;
}

/// A static program has no other module than itself.
Answer Facts::is_by_module(std::string_view glob) const {
  if (look == nullptr) return Answer::unknown;
  const auto matches = [=](const std::string& module) { return matches_glob(glob, module); };
  const bool is_one = std::any_of(look->modules.begin(), look->modules.end(), matches);
  return !is_one ? Answer::no : look->modules.size() == 1 ? Answer::yes : Answer::unknown;
}

Decision find_exemption(std::span<const RuleSet> sets, Facts& facts) {
  for (const bool is_exec : {false, true}) {
    facts.is_exec = is_exec;
    const Decision decision = decide_unseen(sets, facts);
    if (decision.verdict == Verdict::exempt) return decision;
  }
  return {};
}

}  // namespace cloexec::supervise
