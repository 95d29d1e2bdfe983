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
///   std::string_view path()     as the program wrote it; of the exec family, what the descriptor is; or empty
///   std::string_view module()   base name of the object that made the call
///   bool is_child()             forked since the shim loaded, and not exec'd
///   std::string_view target()   of the exec family: the program to be started
///   bool is_own()               of the exec family: this process has made it since it began
///   bool is_announced()         of the exec family: the number is told to that program
template <typename Facts>
concept CallFacts = requires(Facts facts) {
  { facts.fd() } -> std::convertible_to<int>;
  { facts.path() } -> std::convertible_to<std::string_view>;
  { facts.module() } -> std::convertible_to<std::string_view>;
  { facts.is_child() } -> std::convertible_to<bool>;
  { facts.target() } -> std::convertible_to<std::string_view>;
  { facts.is_own() } -> std::convertible_to<bool>;
  { facts.is_announced() } -> std::convertible_to<bool>;
};

enum class Verdict : std::uint8_t {
  force,
  exempt,
  depends,  // on the number that the descriptor will get: force it, and ask again
};

namespace detail {

/// Whether `rule`, which has this key, matches by it. There is no default: a key that is forgotten does not compile.
constexpr bool matches(const Rule& rule, std::string_view text, Key key, CallFacts auto& facts) {
  const std::string_view value = rule.value(key).of(text);
  switch (key) {
    case Key::when:
      return (rule.when == When::child) == facts.is_child();
    case Key::own:
      return facts.is_own();
    case Key::fd:
      return facts.fd() < 0 || lists_number(value, facts.fd());
    case Key::target:
      return matches_program(value, facts.target());
    case Key::announced:
      return facts.is_announced();
    case Key::program:
      return true;  // rules for other programs have been left out, see `concerns`
    case Key::module:
      return matches_glob(value, facts.module());
    case Key::path: {
      const std::string_view path = facts.path();
      return !path.empty() && matches_glob(value, path);
    }
  }
  return false;
}

}  // namespace detail

/// What one rule says of a call that it is for; nothing when it does not match.
struct Opinion {
  bool matches = false;
  Verdict verdict = Verdict::force;
};

constexpr Opinion ask(const Rule& rule, std::string_view text, CallFacts auto& facts) {
  if (!rule.keys.all([&](Key key) { return detail::matches(rule, text, key, facts); })) return {};
  if (rule.has(Key::fd) && facts.fd() < 0) return {true, Verdict::depends};
  return {true, rule.action == Action::exempt ? Verdict::exempt : Verdict::force};
}

}  // namespace cloexec
