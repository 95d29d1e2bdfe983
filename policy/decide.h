// SPDX-License-Identifier: Apache-2.0
//
// The verdict on a call: the first rule that matches decides, none forces. The shim and `cloexec policy explain` both
// call this, so that they cannot disagree.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include "policy/glob.h"
#include "policy/number_set.h"
#include "policy/rule.h"

namespace cloexec {

/// What a rule can look at. The shim finds these out when a rule asks; whoever has them at hand fills in a struct with
/// the same functions.
///
///   int fd()                    the number; -1 when it is not known yet
///   std::string_view path()     as the program wrote it; empty when the call has none
///   std::string_view module()   base name of the object that made the call
///   bool is_child()             forked since the shim loaded, and not exec'd
template <typename Facts>
concept CallFacts = requires(Facts facts) {
  { facts.fd() } -> std::convertible_to<int>;
  { facts.path() } -> std::convertible_to<std::string_view>;
  { facts.module() } -> std::convertible_to<std::string_view>;
  { facts.is_child() } -> std::convertible_to<bool>;
};

enum class Verdict : std::uint8_t {
  force,
  exempt,
  depends,  // on the number that the descriptor will get: force it, and ask again
};

namespace detail {

/// Whether all keys but `fd` match. The cheap ones are looked at first.
constexpr bool matches_but_number(const Rule& rule, std::string_view text, CallFacts auto& facts) {
  if (rule.when != When::any && (rule.when == When::child) != facts.is_child()) return false;
  if (rule.path.is_given() && !matches_glob(rule.path.of(text), facts.path())) return false;
  return !rule.module.is_given() || matches_glob(rule.module.of(text), facts.module());
}

constexpr bool has_number(const Rule& rule, std::string_view text, int fd) {
  NumberSet numbers;
  parse_numbers(rule.fd.of(text), numbers, [](const Complaint&) {});
  return numbers.contains(fd);
}

}  // namespace detail

/// What one rule says of a call that it is for; nothing when it does not match.
struct Opinion {
  bool matches = false;
  Verdict verdict = Verdict::force;
};

constexpr Opinion ask(const Rule& rule, std::string_view text, CallFacts auto& facts) {
  if (!detail::matches_but_number(rule, text, facts)) return {};
  if (rule.fd.is_given() && facts.fd() < 0) return {true, Verdict::depends};
  if (rule.fd.is_given() && !detail::has_number(rule, text, facts.fd())) return {};
  return {true, rule.action == Action::exempt ? Verdict::exempt : Verdict::force};
}

}  // namespace cloexec
