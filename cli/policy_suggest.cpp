// SPDX-License-Identifier: Apache-2.0
//
// `cloexec policy suggest`: from an audit, the narrowest rules that keep what looks deliberate. What nobody can tell
// stays a leak.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>

#include "cli/audit/identity.h"
#include "cli/audit/judge.h"
#include "cli/audit/needs.h"
#include "cli/audit/report.h"
#include "cli/audit/source_root.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/text/file.h"
#include "policy/parse.h"

namespace cloexec::cli {
namespace {

/// What the suggestions of one rule have in common.
struct Group {
  std::string why;
  std::set<int> fds;
  std::set<std::string> targets;
  std::size_t leaks = 0;
  std::string rule = {};  // of what nobody can tell: that which would give it
};

std::string times(std::size_t count) { return count == 1 ? "once" : fmt::format("{} times", count); }

std::string leak_text(const Identity& leak, const Group& group) {
  std::string maker = "nobody knows by whom";
  if (!leak.call.empty()) maker = fmt::format("by {} in {} of {}", leak.call, leak.module, leak.creator);
  return fmt::format("{} gets {} ({}), made {}; {}", leak.program, leak.target, numbers(group.fds), maker,
                     times(group.leaks));
}

/// Writes lines for as long as there is room in a policy.
class Writer {
 public:
  void comment(const std::string& text) { add(fmt::format("# {}\n", printable(text))); }

  void rule(const std::string& text, const Group& group) {
    if (rules_ == most_rules) return;
    if (add(fmt::format("# {}; {}\n{}\n", printable(group.why), times(group.leaks), whole(text, group)))) ++rules_;
  }

  /// A rule once, whatever needs it.
  void need(const Need& need) {
    const std::string& rule = need.crossing.remedy;
    const bool is_new = !rule.empty() && rules_ < most_rules && needed_.insert(rule).second;
    if (add(fmt::format("# {}\n{}{}", printable(text_of(need)), is_new ? rule : "", is_new ? "\n" : "")) && is_new)
      ++rules_;
  }

  /// What stays a leak, and the rule for who knows better.
  void leak(const std::string& text, const Group& group) {
    add(fmt::format("#   {}\n{}{}{}", printable(text), group.rule.empty() ? "" : "#",
                    group.rule.empty() ? "" : whole(group.rule, group), group.rule.empty() ? "" : "\n"));
  }

  void finish() {
    if (left_out_ > 0) text_ += fmt::format("# {} more have no room here\n", left_out_);
    fmt::print("{}", text_);
  }

 private:
  static constexpr std::size_t most_numbers = 32;
  static constexpr std::size_t most_targets = 32;
  static constexpr std::size_t kept_for_the_end = 64;

  static std::string whole(std::string rule, const Group& group) {
    if (!group.targets.empty() && group.targets.size() <= most_targets)
      rule += key("target", fmt::format("{}", fmt::join(group.targets, ",")));
    if (group.fds.size() <= most_numbers && !is_of_path(rule)) rule += fmt::format(" fd={}", numbers(group.fds));
    return rule;
  }

  bool add(const std::string& lines) {
    const bool has_room = left_out_ == 0 && text_.size() + lines.size() + kept_for_the_end <= longest_policy;
    if (has_room)
      text_ += lines;
    else
      ++left_out_;
    return has_room;
  }

  std::string text_;
  std::set<std::string> needed_;
  unsigned rules_ = 0;
  std::size_t left_out_ = 0;
};

void add_to(Group& group, const Crossing& crossing, const Suggestion& suggestion) {
  group.why = suggestion.why;
  group.targets.insert(suggestion.targets.begin(), suggestion.targets.end());
  group.fds.insert(crossing.fd);
  ++group.leaks;
}

Report read_report(const std::string& path) {
  const std::string text = read_file(path);
  try {
    return absolute(report_from_json(text));
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
  }
}

/// The same for what was made once, wherever it crosses.
std::string key_of_making(const Crossing& crossing) {
  const Creation& made = crossing.created;
  return fmt::format("{} {} {} {:x} {}", made.pid, made.tid, made.call, made.offset, crossing.target);
}

int suggest(const std::string& path) {
  const Report report = read_report(path);
  const Judge judge(report);
  std::map<std::string, Group> rules;
  std::map<Identity, Group> rest;
  // What a program was given it hands on, without a rule of its own.
  std::map<std::string, std::string> handed_on;
  for (std::size_t place = 0; place < report.execs.size(); ++place)
    for (const Crossing& crossing : report.execs[place].fds) {
      if (crossing.what != Class::leak) continue;
      const auto found = handed_on.find(key_of_making(crossing));
      if (const auto suggestion = judge.suggest(place, crossing)) {
        add_to(rules[suggestion->rule], crossing, *suggestion);
        handed_on[key_of_making(crossing)] = suggestion->rule;
      } else if (found != handed_on.end() && !judge.is_first(place, crossing)) {
        ++rules[found->second].leaks;
      } else {
        Group& group = rest[identity_of(report.execs[place], crossing)];
        add_to(group, crossing, {});
        if (group.rule.empty()) group.rule = judge.rule_for(place, crossing);
      }
    }
  const std::vector<Need> needs = needs_of(report);
  Writer writer;
  writer.comment(fmt::format("What looks deliberate in {}: read it before you use it.", path));
  if (report.lost > 0) writer.comment(fmt::format("{} records were lost: there may be more.", report.lost));
  if (!needs.empty()) writer.comment("Needed: programs used these numbers, which were withheld from them.");
  for (const Need& need : needs) writer.need(need);
  if (rules.empty() && needs.empty()) writer.comment("Nothing does.");
  for (const auto& [rule, group] : rules) writer.rule(rule, group);
  if (!rest.empty()) writer.comment("What nobody can tell stays a leak, unless you uncomment its rule:");
  for (const auto& [leak, group] : rest) writer.leak(leak_text(leak, group), group);
  writer.finish();
  return 0;
}

}  // namespace

void add_policy_suggest(CLI::App& policy, Action& action) {
  CLI::App* command = policy.add_subcommand("suggest", "Print rules that would keep what looks deliberate in an audit");
  auto path = std::make_shared<std::string>();
  command->add_option("AUDIT.json", *path, "What `cloexec audit --format json` has written")->required();
  command->footer(
      "Deliberate looks: what the very process has made that becomes the program; a lock or pid file; what a\n"
      "program hands on when it starts itself again; what is made anew, with the same number, for each of three or\n"
      "more starts of a program. An audit does not tell which numbers a program was told: audit it under the\n"
      "standard profile, which keeps those.");
  command->callback([=, &action] { action = [=] { return suggest(*path); }; });
}

}  // namespace cloexec::cli
