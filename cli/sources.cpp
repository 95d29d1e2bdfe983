// SPDX-License-Identifier: Apache-2.0

#include "cli/sources.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <sstream>

#include "cli/policy_file.h"
#include "policy/glob.h"
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

std::string find_in_path(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const std::string file = folder + "/" + name; access(file.c_str(), X_OK) == 0) return file;
  return name;
}

/// What an executable of this name may turn out to be, following symbolic links; by PATH when it has no slash.
void add_executable(std::vector<std::string>& names, const std::string& program) {
  names.push_back(program);
  std::error_code error;
  const auto target = std::filesystem::canonical(find_in_path(program), error);
  if (!error) names.push_back(target.string());
}

/// The words behind "#!"; none when `program` is no script.
std::vector<std::string> script_words(const std::string& program) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(program, error)) return {};
  std::ifstream file(program);
  std::string line;
  if (file.get() != '#' || file.get() != '!' || !std::getline(file, line)) return {};
  std::istringstream words(line);
  return {std::istream_iterator<std::string>(words), {}};
}

/// The kernel starts a script's interpreter under the script's name; env(1) starts another program, which does not know
/// the script any more.
std::vector<std::string> names_of(const std::string& program) {
  std::vector<std::string> names;
  if (program.empty()) return names;
  const std::vector<std::string> words = script_words(program);
  if (words.empty() || base_name(words[0]) != "env") names.push_back(program);
  if (words.empty() && program.find('/') != std::string::npos) add_executable(names, program);
  for (const std::string& word : words) {
    const bool is_for_env =
        base_name(words[0]) == "env" && (&word == &words[0] || word[0] == '-' || word.find('=') != std::string::npos);
    if (is_for_env) continue;
    add_executable(names, word);
    break;
  }
  return names;
}

}  // namespace

void Policy::keep_rules_for(const std::string& program) {
  const std::vector<std::string> names = names_of(program);
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
