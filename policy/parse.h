// SPDX-License-Identifier: Apache-2.0
//
// Reads the policy language (cloexec.conf(5)). One bad rule does not spoil the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

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
    Scanner::Word word = scanner_.next_word();
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
      rule.calls.add_all();
    }
    for (; !word.is_empty(); word = scanner_.next_word()) {
      if (!parse_key(word, rule)) return false;
      end = word.end;
    }
    rule.text = slice(begin, end);
    return true;
  }

 private:
  static constexpr Slice slice(std::size_t begin, std::size_t end) {
    constexpr std::size_t most = UINT16_MAX;
    return {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end - begin < most ? end - begin : most)};
  }

  constexpr bool fail(const Scanner::Word& word, std::size_t offset, std::string_view what, std::string_view about = {},
                      std::string_view meant = {}) {
    complain_(Complaint{word.line, word.column + static_cast<unsigned>(offset), what, about, meant});
    return false;
  }

  constexpr bool parse_action(const Scanner::Word& word, Rule& rule) {
    const std::string_view name = word.of(text_);
    if (name == "exempt" || name == "force") {
      rule.action = name == "exempt" ? Action::exempt : Action::force;
      return true;
    }
    Likest likest(name);
    for (const auto known : {std::string_view("exempt"), std::string_view("force")}) likest.consider(known);
    return fail(word, 0, "a rule begins with 'exempt' or 'force', not", name, likest.get());
  }

  constexpr bool parse_calls(const Scanner::Word& word, Rule& rule) {
    std::size_t offset = 0;
    return !any_item(word.of(text_), [&](std::string_view name) {
      const bool known = add_call(name, rule.calls);
      if (!known) fail(word, offset, "unknown call", name, likest_call(name));
      offset += name.size() + 1;
      return !known;
    });
  }

  /// A name that is both a family's and a function's is the family's.
  static constexpr bool add_call(std::string_view name, CallSet& calls) {
    if (name == "*") {
      calls.add_all();
      return true;
    }
    for (unsigned i = 0; !nth_name(family_names, i).empty(); ++i)
      if (nth_name(family_names, i) == name) {
        calls.add(static_cast<Family>(i));
        return true;
      }
    for (unsigned i = 0; i < call_count; ++i)
      if (name_of(static_cast<Call>(i)) == name) {
        calls.add(static_cast<Call>(i));
        return true;
      }
    return false;
  }

  static constexpr std::string_view likest_call(std::string_view name) {
    Likest likest(name);
    for (unsigned i = 0; !nth_name(family_names, i).empty(); ++i) likest.consider(nth_name(family_names, i));
    for (unsigned i = 0; i < call_count; ++i) likest.consider(name_of(static_cast<Call>(i)));
    return likest.get();
  }

  constexpr bool parse_key(const Scanner::Word& word, Rule& rule) {
    if (!word.is_closed) return fail(word, 0, "a quote is not closed:", word.of(text_));
    const std::string_view all = word.of(text_);
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
    return set_key(word, key, begin, slice(word.begin + begin, word.begin + end), rule);
  }

  constexpr bool set_key(const Scanner::Word& word, std::string_view key, std::size_t offset, Slice value, Rule& rule) {
    if (key == "when") return set_when(word, offset, value.of(text_), rule);
    if (key == "fd") return check_numbers(word, offset, value) && set(word, key, rule.fd, value);
    if (key == "path") return set(word, key, rule.path, value);
    if (key == "program") return set(word, key, rule.program, value);
    if (key == "module") return set(word, key, rule.module, value);
    Likest likest(key);
    for (const auto known : {std::string_view("fd"), std::string_view("path"), std::string_view("program"),
                             std::string_view("module"), std::string_view("when")})
      likest.consider(known);
    return fail(word, 0, "unknown key", key, likest.get());
  }

  constexpr bool set(const Scanner::Word& word, std::string_view key, Slice& slot, Slice value) {
    if (slot.is_given()) return fail(word, 0, "given twice:", key);
    slot = value;
    return true;
  }

  constexpr bool set_when(const Scanner::Word& word, std::size_t offset, std::string_view value, Rule& rule) {
    if (rule.when != When::any) return fail(word, 0, "given twice:", "when");
    if (value != "child" && value != "parent") return fail(word, offset, "'when' is child or parent, not", value);
    rule.when = value == "child" ? When::child : When::parent;
    return true;
  }

  constexpr bool check_numbers(const Scanner::Word& word, std::size_t offset, Slice value) {
    bool good = true;
    NumberSet numbers;
    parse_numbers(value.of(text_), numbers, [&](const Complaint& complaint) {
      if (good) fail(word, offset + complaint.column - 1, complaint.what);
      good = false;
    });
    return good;
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
    complain(Complaint{1, 1, "the policy is longer than 64 KiB; what comes after is not read"});
    text.remove_suffix(text.size() - longest_policy);
  }
  Scanner scanner(text);
  unsigned rules = 0;
  while (!scanner.is_at_end()) {
    Rule rule;
    if (detail::RuleParser(text, scanner, complain).parse(rule)) {
      if (++rules > most_rules) {
        complain(Complaint{rule.line, 1, "more than 1,024 rules; this one and those after it are not read"});
        return;
      }
      accept(rule);
    }
    scanner.skip_statement();
  }
}

}  // namespace cloexec
