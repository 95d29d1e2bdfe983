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
///   std::string_view target()   of the exec family: the program to be started
///   bool is_announced()         of the exec family: the number is told to that program
template <typename Facts>
concept CallFacts = requires(Facts facts) {
  { facts.fd() } -> std::convertible_to<int>;
  { facts.path() } -> std::convertible_to<std::string_view>;
  { facts.module() } -> std::convertible_to<std::string_view>;
  { facts.is_child() } -> std::convertible_to<bool>;
  { facts.target() } -> std::convertible_to<std::string_view>;
  { facts.is_announced() } -> std::convertible_to<bool>;
};

enum class Verdict : std::uint8_t {
  force,
  exempt,
  depends,  // on the number that the descriptor will get: force it, and ask again
};

namespace detail {

/// Whether all keys but `fd` match. The cheap ones are looked at first.
constexpr bool matches_but_number(const Rule& rule, std::string_view text, CallFacts auto& facts) {
  if (rule.has(Key::when) && (rule.when == When::child) != facts.is_child()) return false;
  if (rule.has(Key::path) && (facts.path().empty() || !matches_glob(rule.value(Key::path).of(text), facts.path())))
    return false;
  if (rule.has(Key::target) && !matches_program(rule.value(Key::target).of(text), facts.target())) return false;
  if (rule.has(Key::module) && !matches_glob(rule.value(Key::module).of(text), facts.module())) return false;
  return !rule.has(Key::announced) || facts.is_announced();
}

}  // namespace detail

/// What one rule says of a call that it is for; nothing when it does not match.
struct Opinion {
  bool matches = false;
  Verdict verdict = Verdict::force;
};

constexpr Opinion ask(const Rule& rule, std::string_view text, CallFacts auto& facts) {
  if (!detail::matches_but_number(rule, text, facts)) return {};
  if (rule.has(Key::fd) && facts.fd() < 0) return {true, Verdict::depends};
  if (rule.has(Key::fd) && !lists_number(rule.value(Key::fd).of(text), facts.fd())) return {};
  return {true, rule.action == Action::exempt ? Verdict::exempt : Verdict::force};
}

}  // namespace cloexec
