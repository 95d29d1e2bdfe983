// SPDX-License-Identifier: Apache-2.0
//
// Reads the policy language (cloexec.conf(5)). One bad rule does not spoil the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "catalogue/names.h"
#include "policy/complaint.h"
#include "policy/glob.h"
#include "policy/likeness.h"
#include "policy/number_set.h"
#include "policy/rule.h"
#include "policy/scanner.h"

namespace cloexec {

inline constexpr std::size_t longest_policy = std::size_t{64} * 1024;  // bytes
inline constexpr unsigned most_rules = 1024;

namespace detail {

/// Reads one rule; stops at the first thing that is wrong.
template <typename Complain>
class RuleParser {
 public:
  constexpr RuleParser(std::string_view text, Scanner& scanner, Complain& complain)
      : text_(text), scanner_(scanner), complain_(complain) {}

  /// True when the statement is a rule, which is then in `rule`.
  constexpr bool parse(Rule& rule) {
    Word word = scanner_.next_word();
    if (word.is_empty()) return false;
    const std::size_t begin = word.begin;
    rule.line = word.line;
    if (!parse_action(word, rule)) return false;
    std::size_t end = word.end;
    word = scanner_.next_word();
    if (!word.is_empty() && word.of(text_).find('=') == std::string_view::npos) {
      if (!parse_calls(word, rule)) return false;
      end = word.end;
      word = scanner_.next_word();
    } else {
      rule.calls.add_all_but_exec();
    }
    for (; !word.is_empty(); word = scanner_.next_word()) {
      if (!parse_key(word, rule)) return false;
      end = word.end;
    }
    rule.text = slice(begin, end);
    return true;
  }

 private:
  using Word = Scanner::Word;

  static constexpr Slice slice(std::size_t begin, std::size_t end) {
    constexpr std::size_t most = UINT16_MAX;
    return {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end - begin < most ? end - begin : most)};
  }

  constexpr bool fail(const Word& word, std::size_t offset, const char* what, std::string_view about,
                      std::string_view meant = {}) {
    complain_(Complaint{word.line, word.column + static_cast<unsigned>(offset), what, about, meant});
    return false;
  }

  constexpr bool fail_unknown(const Word& word, std::size_t offset, const char* what, std::string_view name,
                              const char* known, const char* known_too = "") {
    Likest likest(name);
    likest.consider_all(known);
    likest.consider_all(known_too);
    return fail(word, offset, what, name, likest.get());
  }

  constexpr bool parse_action(const Word& word, Rule& rule) {
    constexpr const char* actions = "force\0exempt\0";
    const int place = place_of(actions, word.of(text_));
    rule.action = static_cast<Action>(place);
    return place >= 0 || fail_unknown(word, 0, "a rule begins with 'exempt' or 'force', not", word.of(text_), actions);
  }

  constexpr bool parse_calls(const Word& word, Rule& rule) {
    std::size_t offset = 0;
    return !any_item(word.of(text_), [&](std::string_view name) {
      const bool known = add_call(name, rule.calls);
      if (!known) fail_unknown(word, offset, "unknown call", name, family_names, call_names);
      offset += name.size() + 1;
      return !known;
    });
  }

  /// A name that is both a family's and a function's is the family's.
  static constexpr bool add_call(std::string_view name, CallSet& calls) {
    if (name == "*") {
      calls.add_all_but_exec();
      return true;
    }
    if (const int family = place_of(family_names, name); family >= 0) {
      calls.add(static_cast<Family>(family));
      return true;
    }
    const int call = place_of(call_names, name);
    if (call >= 0) calls.add(static_cast<Call>(call));
    return call >= 0;
  }

  constexpr bool parse_key(const Word& word, Rule& rule) {
    const std::string_view all = word.of(text_);
    if (!word.is_closed) return fail(word, 0, "a quote is not closed:", all);
    const std::size_t equals = all.find('=');
    if (equals == std::string_view::npos) return fail(word, 0, "expected key=value, not", all);
    std::string_view key = all;
    key.remove_suffix(all.size() - equals);
    std::size_t begin = equals + 1;
    std::size_t end = all.size();
    if (end - begin >= 2 && all[begin] == '"' && all[end - 1] == '"') {
      ++begin;
      --end;
    }
    if (begin == end) return fail(word, equals + 1, "no value for", key);
    for (std::size_t at = begin; at < end; ++at)
      if (all[at] == '"') return fail(word, at, "quotes go around the whole value of", key);
    return set_key(word, key, begin, slice(word.begin + begin, word.begin + end), rule);
  }

  constexpr bool set_key(const Word& word, std::string_view name, std::size_t offset, Slice value, Rule& rule) {
    const int place = place_of(key_names, name);
    if (place < 0) return fail_unknown(word, 0, "unknown key", name, key_names);
    const Key key = static_cast<Key>(place);
    if (rule.has(key)) return fail(word, 0, "given twice:", name);
    if (const char* wrong = what_never_matches(rule.calls, key)) return fail(word, 0, wrong, name);
    rule.keys.add(key);
    rule.values[static_cast<unsigned>(key)] = value;
    return check_value(word, key, offset, value.of(text_), rule);
  }

  /// Why a rule for `calls` can never match by `key`; null when it can.
  static constexpr const char* what_never_matches(const CallSet& calls, Key key) {
    const auto is_exec = [](Call call) { return family_of(call) == Family::exec; };
    switch (key) {
      case Key::own:
        if (calls.all(is_spawn))
          return "what posix_spawn starts has made nothing, so that a rule for it never matches by";
        [[fallthrough]];
      case Key::target:
      case Key::announced:
        return calls.all(is_exec) ? nullptr : "only for calls of the exec family:";
      case Key::path:
        return calls.all([](Call call) { return !has_path(call); })
                   ? "only for calls of the families open, stdio, temp and exec:"
                   : nullptr;
      case Key::when:
      case Key::fd:
      case Key::program:
      case Key::module:
        return nullptr;
    }
    return nullptr;
  }

  constexpr bool check_value(const Word& word, Key key, std::size_t offset, std::string_view value, Rule& rule) {
    switch (key) {
      case Key::when:
        rule.when = static_cast<When>(place_of(when_names, value) + 1);
        if (rule.when == When::any) return fail(word, offset, "'when' is child or parent, not", value);
        if (rule.when == When::parent && rule.calls.all(is_spawn))
          return fail(word, offset, "what posix_spawn starts is a child, never a", value);
        return true;
      case Key::own:
        return value == "yes" || fail(word, offset, "'own' is yes, not", value);
      case Key::announced:
        return value == "yes" || fail(word, offset, "'announced' is yes, not", value);
      case Key::fd: {
        NumberSet numbers;
        if (!parse_numbers(value, numbers, complain_, word.line, word.column + static_cast<unsigned>(offset)))
          return false;
        return rule.action == Action::exempt || numbers.highest() > 2 ||
               fail(word, offset, "0 to 2 are always inheritable, so that a rule never forces", value);
      }
      case Key::target:
      case Key::program:
      case Key::module:
      case Key::path:
        return true;
    }
    return false;
  }

  std::string_view text_;
  Scanner& scanner_;
  Complain& complain_;
};

}  // namespace detail

/// Hands every rule of `text` to `accept(Rule)`, in order, and everything that is wrong to `complain(Complaint)`. The
/// rules' slices are parts of `text`, of which what goes beyond `longest_policy` is not read.
constexpr void parse_policy(std::string_view text, auto&& accept, auto&& complain) {
  if (text.size() > longest_policy) {
    complain(Complaint{1, 1, "the policy is longer than 64 KiB", {}, {}, "rest"});
    // A rule of which the end is missing would be another rule.
    const std::size_t last_end = text.find_last_of("\n;", longest_policy);
    text.remove_suffix(text.size() - (last_end == std::string_view::npos ? 0 : last_end));
  }
  Scanner scanner(text);
  unsigned rules = 0;
  while (!scanner.is_at_end()) {
    Rule rule;
    if (detail::RuleParser(text, scanner, complain).parse(rule)) {
      if (++rules > most_rules) {
        complain(Complaint{rule.line, 1, "more than 1,024 rules", {}, {}, "rest"});
        return;
      }
      accept(rule);
    }
    scanner.skip_statement();
  }
}

}  // namespace cloexec
