// SPDX-License-Identifier: Apache-2.0
//
// `cloexec policy explain`: what happens to a call, and which rule says so. The verdict comes from the code that the
// shim runs.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>

#include "cli/commands.h"
#include "cli/sources.h"
#include "policy/likeness.h"
#include "policy/names.h"

namespace cloexec::cli {
namespace {

/// The call that is asked about; what is not given is unknown, or empty.
struct Question {
  Call call = {};
  int number = -1;
  std::string program = {};
  std::string file = {};
  std::string object = {};
  bool forked = false;
  std::string started = {};
  bool told = false;

  int fd() const { return number; }
  std::string_view path() const { return file; }
  std::string_view module() const { return object; }
  bool is_child() const { return forked || is_spawn(call); }
  std::string_view target() const { return started; }
  bool is_announced() const { return told; }
};

std::string suggestion(const Likest& likest) {
  return likest.get().empty() ? "" : fmt::format(", did you mean '{}'?", likest.get());
}

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
  if ((key == Key::target || key == Key::announced) && !is_exec)
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
    case Key::announced:
      if (value != "yes" && value != "no") throw UsageError(fmt::format("'announced' is yes or no, not '{}'", value));
      question.told = value == "yes";
      break;
  }
}

std::string answer(const Settings& settings, Policy& policy, const Question& question) {
  if (question.number >= 0 && question.number <= 2) return "exempt: always: descriptors 0-2";
  if (policy.allowed.contains(question.number))
    return fmt::format("exempt: {}: {}", settings.allow->given_by, settings.allow->value);
  policy.keep_rules_for(question.program);
  const std::vector<RuleSet> sets = policy.rule_sets();
  const Decision decision = decide(sets, question.call, question);
  if (decision.rule == nullptr) return "force: no rule";
  const std::string rule =
      fmt::format("{}:{}: {}", decision.set->source, decision.rule->line, decision.rule->text.of(decision.set->text));
  if (decision.verdict == Verdict::depends) return fmt::format("depends on the number, give fd=N: {}", rule);
  return fmt::format("{}: {}", decision.verdict == Verdict::exempt ? "exempt" : "force", rule);
}

int explain(const std::string& call, const std::vector<std::string>& facts) {
  Question question{call_named(call)};
  for (const std::string& fact : facts) take_fact(question, fact);
  const Settings settings = settings_from_environment();
  Policy policy = read_policy(settings);
  fmt::print("{}\n", printable(answer(settings, policy, question)));
  if (settings.mode && settings.mode->value != "enforce")
    fmt::print("# CLOEXEC_MODE={}: the shim changes nothing\n", printable(settings.mode->value));
  if (!print_problems(policy)) return 0;
  return fail("the shim ignores what is malformed, and so does this answer");
}

}  // namespace

void add_policy_explain(CLI::App& policy, Action& action) {
  CLI::App* command = policy.add_subcommand("explain", "Say what happens to a call, and by which rule");
  auto call = std::make_shared<std::string>();
  auto facts = std::make_shared<std::vector<std::string>>();
  command->add_option("CALL", *call, "A function, such as fopen")->required();
  command->add_option("FACT", *facts,
                      "fd=N, path=P, program=P, module=M, when=child or when=parent\n"
                      "(which is what counts when it is not given);\n"
                      "of the exec family also target=P, announced=yes");
  command->footer("Prints `force` or `exempt`, then the rule, as SOURCE:LINE: RULE, or `no rule`.");
  command->callback([=, &action] { action = [=] { return explain(*call, *facts); }; });
}

}  // namespace cloexec::cli
