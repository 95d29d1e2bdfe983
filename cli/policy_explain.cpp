// SPDX-License-Identifier: Apache-2.0
//
// `cloexec policy explain`: what happens to a call, which rule says so, and what announces a descriptor to the program
// that is started. Both come from the code that the shim runs.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "catalogue/names.h"
#include "cli/commands.h"
#include "cli/question.h"
#include "cli/sources.h"
#include "policy/announced.h"
#include "policy/likeness.h"

namespace cloexec::cli {
namespace {

Call call_named(std::string_view name) {
  if (const int place = place_of(call_names, name); place >= 0) return static_cast<Call>(place);
  if (place_of(family_names, name) >= 0)
    throw UsageError(fmt::format("'{}' is a family; ask about one of its functions", name));
  Likest likest(name);
  likest.consider_all(call_names);
  throw UsageError(fmt::format("unknown call '{}'{}", name, suggestion(likest)));
}

int number_in(std::string_view value) {
  int number = -1;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < 0)
    throw UsageError(fmt::format("'fd' is one descriptor number, not '{}'", value));
  return number;
}

bool is_yes(std::string_view key, std::string_view value) {
  if (value != "yes" && value != "no") throw UsageError(fmt::format("'{}' is yes or no, not '{}'", key, value));
  return value == "yes";
}

void take_fact(Question& question, const std::string& fact) {
  const std::size_t equals = fact.find('=');
  if (equals == std::string::npos) throw UsageError(fmt::format("expected key=value, not '{}'", fact));
  const std::string name = fact.substr(0, equals);
  const std::string value = fact.substr(equals + 1);
  const int place = place_of(key_names, name);
  if (place < 0) {
    Likest likest(name);
    likest.consider_all(key_names);
    throw UsageError(fmt::format("unknown key '{}'{}", name, suggestion(likest)));
  }
  const bool is_exec = family_of(question.call) == Family::exec;
  const Key key = static_cast<Key>(place);
  if ((key == Key::target || key == Key::own || key == Key::announced) && !is_exec)
    throw UsageError(fmt::format("'{}' is only for calls of the exec family", name));
  switch (key) {
    case Key::fd:
      question.number = number_in(value);
      break;
    case Key::path:
      question.file = value;
      break;
    case Key::program:
      question.program = value;
      break;
    case Key::module:
      question.object = base_name(value);
      break;
    case Key::target:
      question.started = value;
      break;
    case Key::when:
      if (place_of(when_names, value) < 0) throw UsageError(fmt::format("'when' is child or parent, not '{}'", value));
      question.forked = value == "child";
      break;
    case Key::own:
      question.own = is_yes(name, value);
      if (question.own && is_spawn(question.call))
        throw UsageError(fmt::format("what {} starts has made nothing: 'own' is no", name_of(question.call)));
      break;
    case Key::announced:
      question.told = is_yes(name, value);
      break;
  }
}

/// What the new program is told, behind "--": its arguments, then variables.
class Start {
 public:
  Start(const std::string& target, const std::vector<std::string>& words) : words_{target} {
    words_.insert(words_.end(), words.begin() + 1, words.end());
    auto variables = words_.end();
    while (variables - words_.begin() > 1 && is_variable(variables[-1])) --variables;
    std::vector<const char*> arguments;
    std::vector<const char*> environment;
    for (auto word = words_.begin(); word != words_.end(); ++word)
      (word < variables ? arguments : environment).push_back(word->c_str());
    arguments.push_back(nullptr);
    environment.push_back(nullptr);
    each_announcement(
        target, arguments.data(), environment.data(), [](const char*) { return true; },
        [&](const Announcement& told) { announcements_.push_back(told); });
  }

  bool is_any() const { return !announcements_.empty(); }

  bool tells(int fd) const {
    return std::any_of(announcements_.begin(), announcements_.end(),
                       [=](const Announcement& told) { return is_about(told, fd); });
  }

  /// A line for each word that tells `fd`; -1 is every number.
  std::string describe(int fd) const {
    std::string text;
    for (const auto& [first, last, by, behind] : announcements_) {
      if (fd >= 0 && !is_about({first, last, by, behind}, fd)) continue;
      const std::string numbers = fd >= 0         ? std::to_string(fd)
                                  : first == last ? std::to_string(first)
                                                  : fmt::format("{}-{}", first, last);
      text += fmt::format("announced: {} by '{}{}{}'\n", numbers, printable(by), behind.empty() ? "" : " ",
                          printable(behind));
    }
    return text.empty() ? "announced: no\n" : text;
  }

 private:
  static bool is_about(const Announcement& told, int fd) { return fd >= told.first && fd <= told.last; }

  /// Of capitals, as those of real programs are: `fd=7` is an argument.
  static bool is_variable(const std::string& word) {
    const std::size_t end = word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return end != std::string::npos && end > 0 && word[end] == '=';
  }

  std::vector<std::string> words_;
  std::vector<Announcement> announcements_;
};

std::string describe(const Decision& decision) {
  if (decision.rule == nullptr) return "force: no rule";
  const std::string rule =
      fmt::format("{}:{}: {}", decision.set->source, decision.rule->line, decision.rule->text.of(decision.set->text));
  if (decision.verdict == Verdict::depends) return fmt::format("depends on the number, give fd=N: {}", rule);
  return fmt::format("{}: {}", decision.verdict == Verdict::exempt ? "exempt" : "force", rule);
}

std::string answer(const Settings& settings, Policy& policy, Question question, const std::optional<Start>& start) {
  if (question.number >= 0 && question.number <= 2) return "exempt: always: descriptors 0-2";
  if (policy.allowed.contains(question.number))
    return fmt::format("exempt: {}: {}", settings.allow->given_by, settings.allow->value);
  policy.keep_rules_for(question.program);
  const std::vector<RuleSet> sets = policy.rule_sets();
  if (start) question.told = question.number >= 0 && start->tells(question.number);
  const Decision decision = decide(sets, question.call, question);
  if (!start || question.number >= 0 || !start->is_any()) return describe(decision);
  // Some numbers are told and others are not.
  question.told = true;
  Decision when_told = decide(sets, question.call, question);
  if (when_told.rule != decision.rule) when_told.verdict = Verdict::depends;
  return describe(when_told);
}

std::optional<Start> start_in(const Question& question, const std::vector<std::string>& words) {
  if (words.empty()) return {};
  if (family_of(question.call) != Family::exec)
    throw UsageError(
        fmt::format("'{}' starts no program that could be told anything: leave out what stands behind '--'",
                    name_of(question.call)));
  if (question.told)
    throw UsageError("what stands behind '--' says whether the number is announced: leave out 'announced'");
  return Start(question.started, words);
}

int explain(const std::string& call, const std::vector<std::string>& facts, const std::vector<std::string>& words) {
  Question question{call_named(call)};
  for (const std::string& fact : facts) take_fact(question, fact);
  const std::optional<Start> start = start_in(question, words);
  const Settings settings = settings_from_environment();
  Policy policy = read_policy(settings);
  fmt::print("{}\n", printable(answer(settings, policy, question, start)));
  if (start) fmt::print("{}", start->describe(question.number));
  if (settings.mode && settings.mode->value != "enforce")
    fmt::print("# CLOEXEC_MODE={}: the shim changes nothing\n", printable(settings.mode->value));
  if (!print_problems(policy)) return 0;
  return fail("the shim ignores what is malformed, and so does this answer");
}

}  // namespace

void add_policy_explain(CLI::App& policy, Action& action, const std::vector<std::string>& arguments) {
  CLI::App* command = policy.add_subcommand("explain", "Say what happens to a call, and by which rule");
  auto call = std::make_shared<std::string>();
  auto facts = std::make_shared<std::vector<std::string>>();
  command->add_option("CALL", *call, "A function, such as fopen")->required();
  command
      ->add_option("FACT", *facts,
                   "fd=N, path=P, program=P, module=M, when=child or when=parent\n"
                   "(which is what counts when it is not given);\n"
                   "of the exec family also target=P, own=yes, announced=yes")
      ->type_name(takes_told);
  command->footer(
      "Prints `force` or `exempt`, then the rule, as SOURCE:LINE: RULE, or `no rule`.\n"
      "What stands behind `--` is what the program TARGET is told: its arguments, then\n"
      "variables as NAME=VALUE, in capitals. A line says then which word announces the\n"
      "number, or each number when no fd=N is given: `announced: 7 by '--status-fd 7'`,\n"
      "or `announced: no`.");
  command->callback(
      [=, &action, &arguments] { action = [=, &arguments] { return explain(*call, *facts, arguments); }; });
}

}  // namespace cloexec::cli
