// SPDX-License-Identifier: Apache-2.0

#include "cli/sources.h"

#include <filesystem>
#include <fstream>
#include <initializer_list>

#include "cli/policy_file.h"
#include "policy/likeness.h"
#include "policy/parse.h"
#include "policy/profile.h"

namespace cloexec::cli {
namespace {

void add_source(Policy& policy, const std::string& name, std::string text) {
  Source source{name, std::move(text), {}};
  parse_policy(
      source.text, [&](const Rule& rule) { source.rules.push_back(rule); },
      [&](const Complaint& complaint) { policy.problems.push_back(make_problem(name, source.text, complaint)); });
  policy.sources.push_back(std::move(source));
}

void add_file(Policy& policy, const std::string& path, bool must_exist) {
  PolicyFile file = read_policy_file(path);
  if (!file.exists && !must_exist) return;
  if (file.trouble.empty())
    add_source(policy, path, std::move(file.text));
  else
    policy.problems.push_back({path, 1, 1, std::move(file.trouble)});
}

/// Each source may be within the limits, and all of them in one variable beyond.
void check_joined(Policy& policy, const Settings& settings) {
  if (settings.rules.size() < 2 || !policy.problems.empty()) return;
  Policy joined;
  add_source(joined, "CLOEXEC_POLICY", joined_rules(settings));
  policy.problems = std::move(joined.problems);
}

void check_word(Policy& policy, const std::optional<Setting>& setting, const char* what,
                std::initializer_list<std::string_view> known) {
  if (!setting) return;
  Likest likest(setting->value);
  std::string said = std::string(what) + " is one of";
  for (const std::string_view word : known) {
    if (setting->value == word) return;
    likest.consider(word);
    said.append(" ").append(word).append(",");
  }
  said += " not";
  policy.problems.push_back(
      make_problem(setting->given_by, setting->value, {1, 1, said, setting->value, likest.get()}));
}

}  // namespace

void Policy::keep_rules_for(const std::string& program) {
  std::vector<std::string> names;
  if (!program.empty()) names.push_back(program);
  // A symbolic link: the executable is what it leads to.
  std::error_code error;
  if (program.find('/') != std::string::npos)
    if (const auto target = std::filesystem::canonical(program, error); !error) names.push_back(target.string());
  // A script: the executable is its interpreter, which the kernel names as argv[0], too.
  std::ifstream file(program);
  std::string interpreter;
  if (file.get() == '#' && file.get() == '!' && file >> interpreter) {
    names.push_back(interpreter);
    if (const auto target = std::filesystem::canonical(interpreter, error); !error) names.push_back(target.string());
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  for (Source& source : sources)
    std::erase_if(source.rules, [&](const Rule& rule) { return !concerns(rule, source.text, views); });
}

std::vector<RuleSet> Policy::rule_sets() const {
  std::vector<RuleSet> sets;
  sets.reserve(sources.size());
  for (const Source& source : sources) sets.push_back({source.name, source.text, source.rules});
  return sets;
}

Policy read_policy(const Settings& settings) {
  Policy policy;
  if (settings.allow)
    parse_numbers(settings.allow->value, policy.allowed, [&](const Complaint& complaint) {
      policy.problems.push_back(make_problem(settings.allow->given_by, settings.allow->value, complaint));
    });
  check_word(policy, settings.mode, "the mode", {"enforce", "observe", "off"});
  check_word(policy, settings.propagate, "the value", {"yes", "no"});
  check_word(policy, settings.profile, "the profile", {"standard", "strict"});
  for (const Setting& rule : settings.rules) add_source(policy, rule.given_by, rule.value);
  check_joined(policy, settings);
  add_file(policy, settings.file ? settings.file->value : default_policy_file, settings.file.has_value());
  const std::string_view profile = settings.profile_name();
  add_source(policy, std::string(profile), std::string(profile == "strict" ? std::string_view() : standard_profile()));
  return policy;
}

Policy read_policy_from(const std::string& path) {
  Policy policy;
  add_file(policy, path, true);
  return policy;
}

bool print_problems(const Policy& policy) {
  for (const Problem& problem : policy.problems) print(problem);
  return !policy.problems.empty();
}

}  // namespace cloexec::cli
