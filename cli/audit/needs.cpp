// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/needs.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "cli/audit/judge.h"
#include "cli/audit/rows.h"
#include "cli/question.h"
#include "policy/parse.h"
#include "policy/policy.h"

namespace cloexec::cli {
namespace {

/// Whether the policy, asked with this rule alone, gives it to that program or leaves it inheritable from the start.
bool does_give(const std::string& text, const Exec& exec, const Crossing& crossing) {
  std::optional<Rule> rule;
  parse_policy(
      text, [&](const Rule& one) { rule = one; }, [](const Complaint&) {});
  if (!rule) return false;
  const Creation& created = crossing.created;
  const int call = place_of(call_names, created.call);
  Question question;
  question.call = rule->calls.contains(Call::execve) || call < 0 ? Call::execve : static_cast<Call>(call);
  question.number = crossing.fd;
  question.program = created.program;
  question.file = crossing.target;
  question.object = created.module;
  question.started = exec.program;
  question.own = created.pid != 0 && created.pid == exec.pid;
  const std::string_view names[] = {question.program};
  const RuleSet sets[] = {{"remedy", text, {&*rule, 1}}};
  return concerns(*rule, text, names) && decide(sets, question.call, question).verdict == Verdict::exempt;
}

std::string remedy_for(const Judge& judge, const Report& report, std::size_t place, const Crossing& crossing) {
  std::optional<Suggestion> suggestion = judge.suggest(place, crossing);
  std::string rule = judge.rule_for(place, crossing);
  // Which file it is says more than which number.
  if (suggestion && is_of_path(rule) && !is_of_path(suggestion->rule)) suggestion.reset();
  if (suggestion) rule = suggestion->rule;
  if (rule.empty()) return {};
  if (suggestion && !suggestion->targets.empty())
    rule += key("target", fmt::format("{}", fmt::join(suggestion->targets, ",")));
  if (!is_of_path(rule)) rule += key("fd", std::to_string(crossing.fd));
  return does_give(rule, report.execs[place], crossing) ? rule : std::string();
}

}  // namespace

void find_remedies(Report& report) {
  if (summary_of(report).needed == 0) return;
  const Judge judge(report);
  std::vector<std::tuple<std::size_t, std::size_t, std::string>> found;
  for (std::size_t exec = 0; exec < report.execs.size(); ++exec)
    for (std::size_t place = 0; place < report.execs[exec].fds.size(); ++place)
      if (const Crossing& crossing = report.execs[exec].fds[place]; is_needed(crossing))
        found.emplace_back(exec, place, remedy_for(judge, report, exec, crossing));
  for (auto& [exec, place, rule] : found) {
    Crossing crossing = report.execs[exec].fds[place];
    crossing.remedy = std::move(rule);
    report.execs[exec].fds.replace(place, std::move(crossing));
  }
}

std::vector<Need> needs_of(const Report& report) {
  std::vector<Need> needs;
  std::map<std::string, std::size_t> places;
  for (const Exec& exec : report.execs)
    for (const Crossing& crossing : exec.fds) {
      if (!is_needed(crossing)) continue;
      const auto [place, is_new] = places.try_emplace(fmt::format("{}\n{}\n{}\n{}", exec.program, crossing.missed_by,
                                                                  crossing.remedy, key_of(row_of(exec, crossing))),
                                                      needs.size());
      if (is_new) needs.push_back({exec.program, crossing, 0});
      ++needs[place->second].times;
    }
  return needs;
}

std::string text_of(const Need& need) {
  Row row;
  row.crossing = need.crossing;
  const std::string what = what_it_is(need.crossing);
  return fmt::format("{} needs {}{}{}, made by {}: its {} failed{}", need.program, need.crossing.fd,
                     what.empty() ? "" : ", ", what, maker_of(row), need.crossing.missed_by,
                     need.times > 1 ? fmt::format(", in {} starts", need.times) : "");
}

}  // namespace cloexec::cli
