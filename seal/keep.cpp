// SPDX-License-Identifier: Apache-2.0

#include "seal/keep.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "policy/unseen.h"

namespace cloexec::seal {
namespace {

constexpr Answer yes_if(bool is_so) { return is_so ? Answer::yes : Answer::no; }

/// Whether these calls tell descriptors apart by what they are: any may have been duplicated, or received.
constexpr bool tells_apart(const CallSet& calls, std::string_view link) {
  for (unsigned i = 0; i < call_count; ++i) {
    const auto call = static_cast<Call>(i);
    const Family family = family_of(call);
    const bool makes_any =
        family == Family::dup || family == Family::dup2 || family == Family::receive || family == Family::syscall;
    if (!makes_any && calls.contains(call) && detail::may_make(family, link)) return true;
  }
  return false;
}

/// What rules are asked about.
struct Facts {
  int fd;
  std::string_view link;
  const trace::Look& look;
  bool is_exec = false;  // about execs to come; else about who made the descriptor

  Answer is_by(const CallSet& calls) const {
    if (is_exec) return is_started_by(calls);
    return tells_apart(calls, link) ? is_made_by(calls, link) : Answer::no;
  }

  Answer matches(const Rule& rule, std::string_view text, Key key) const {
    const std::string_view value = rule.value(key).of(text);
    switch (key) {
      case Key::fd:
        return yes_if(lists_number(value, fd));
      case Key::path:
        return yes_if(matches_glob(value, link));
      case Key::program:
        return is_for_program(rule, text);
      case Key::module:
        return is_exec ? Answer::no : is_by_module(value);
      case Key::when:
        return is_exec ? Answer::no : Answer::unknown;
      // What only an exec decides a flag that holds for all of them cannot follow.
      case Key::own:
      case Key::target:
      case Key::announced:
        return Answer::no;
    }
    return Answer::no;
  }

  Answer is_for_program(const Rule& rule, std::string_view text) const {
    const std::vector<std::string_view> names(look.names.begin(), look.names.end());
    return yes_if(concerns(rule, text, names));
  }

  Answer is_by_module(std::string_view glob) const {
    const auto matches = [=](const std::string& module) { return matches_glob(glob, module); };
    const bool is_one = std::any_of(look.modules.begin(), look.modules.end(), matches);
    return !is_one ? Answer::no : look.modules.size() == 1 ? Answer::yes : Answer::unknown;
  }
};

}  // namespace

std::optional<Kept> Keeper::judge(int fd, const std::string& link) const {
  if (rules_.allowed.contains(fd)) return Kept{true};
  Facts facts{fd, link, look_};
  for (const bool is_exec : {false, true}) {
    facts.is_exec = is_exec;
    const Decision decision = decide_unseen(rules_.sets, facts);
    if (decision.verdict == Verdict::exempt) return Kept{false, decision.set, decision.rule};
  }
  return {};
}

}  // namespace cloexec::seal
