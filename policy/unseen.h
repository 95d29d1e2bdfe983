// SPDX-License-Identifier: Apache-2.0
//
// The verdict on a descriptor of which nobody saw the making: whoever looks at a process from outside knows the
// program, the number and what the descriptor is, but not which function of which library made it. In doubt the program
// is right: an exempt rule then matches, a force rule does not.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

#include "policy/policy.h"

namespace cloexec {

enum class Answer : std::uint8_t { no, yes, unknown };

/// What can be told of such a descriptor.
///
///   Answer is_by(const CallSet&)                     whether one of these calls has made it, or starts the program
///   Answer matches(const Rule&, std::string_view text, Key)   by this key, which the rule has
template <typename Facts>
concept UnseenFacts = requires(Facts facts, const CallSet& calls, const Rule& rule, std::string_view text, Key key) {
  { facts.is_by(calls) } -> std::same_as<Answer>;
  { facts.matches(rule, text, key) } -> std::same_as<Answer>;
};

/// The first rule that matches, as `decide` has it; its verdict is `force` when none does.
constexpr Decision decide_unseen(std::span<const RuleSet> sets, UnseenFacts auto& facts) {
  for (const RuleSet& set : sets)
    for (const Rule& rule : set.rules) {
      const bool is_exempt = rule.action == Action::exempt;
      const auto counts = [&](Answer answer) {
        return answer == Answer::yes || (answer == Answer::unknown && is_exempt);
      };
      if (!counts(facts.is_by(rule.calls))) continue;
      if (!rule.keys.all([&](Key key) { return counts(facts.matches(rule, set.text, key)); })) continue;
      return {is_exempt ? Verdict::exempt : Verdict::force, &set, &rule};
    }
  return {};
}

namespace detail {

/// Whether a call of `family` may have made what /proc/PID/fd calls `link`. Any descriptor may have been duplicated or
/// received, and what another makes by a number is known by that one's family.
constexpr bool may_make(Family family, std::string_view link) {
  const auto begins = [&](std::string_view with) { return link.substr(0, with.size()) == with; };
  switch (family) {
    case Family::dup:
    case Family::dup2:
    case Family::receive:
    case Family::syscall:
      return true;
    case Family::open:
    case Family::temp:
    case Family::pty:
      return begins("/");
    case Family::stdio:
      return begins("/") || begins("pipe:");
    case Family::pipe:
      return begins("pipe:");
    case Family::socket:
    case Family::accept:
      return begins("socket:");
    case Family::event:
      return begins("anon_inode:");
    case Family::mount:
      return begins("/") || begins("anon_inode:");
    case Family::exec:
      return false;
  }
  return false;
}

constexpr Answer answer(bool all, bool some) { return all ? Answer::yes : some ? Answer::unknown : Answer::no; }

}  // namespace detail

/// Whether one of `calls` has made what /proc/PID/fd calls `link`.
constexpr Answer is_made_by(const CallSet& calls, std::string_view link) {
  bool all = true;
  bool some = false;
  for (unsigned i = 0; i < call_count; ++i) {
    const auto call = static_cast<Call>(i);
    if (!detail::may_make(family_of(call), link)) continue;
    all = all && calls.contains(call);
    some = some || calls.contains(call);
  }
  return detail::answer(all && some, some);
}

/// The same, taken that it is no copy of another and was not received: whoever only reports must not take all for
/// copies.
constexpr Answer is_first_made_by(const CallSet& calls, std::string_view link) {
  bool all = true;
  bool some = false;
  for (unsigned i = 0; i < call_count; ++i) {
    const auto call = static_cast<Call>(i);
    const Family family = family_of(call);
    const bool is_copy =
        family == Family::dup || family == Family::dup2 || family == Family::receive || family == Family::syscall;
    if (is_copy || !detail::may_make(family, link)) continue;
    all = all && calls.contains(call);
    some = some || calls.contains(call);
  }
  return detail::answer(all && some, some);
}

/// Whether a program that starts is started by one of `calls`.
constexpr Answer is_started_by(const CallSet& calls) {
  bool all = true;
  bool some = false;
  for (unsigned i = 0; i < call_count; ++i) {
    const auto call = static_cast<Call>(i);
    if (family_of(call) != Family::exec) continue;
    all = all && calls.contains(call);
    some = some || calls.contains(call);
  }
  return detail::answer(all, some);
}

}  // namespace cloexec
