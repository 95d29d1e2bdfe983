// SPDX-License-Identifier: Apache-2.0
//
// What in an audit looks deliberate, and the narrowest rules that would keep it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "cli/audit/report.h"

namespace cloexec::cli {

struct Suggestion {
  std::string rule;  // without the numbers and those targets
  std::string why;
  std::set<std::string> targets = {};
};

/// The keys of a rule as the language has them: " name=value", quoted where that is needed.
std::string key(std::string_view name, const std::string& value);

/// "3,5".
std::string numbers(const std::set<int>& fds);

/// Whether the rule is about a path: a file is known by its name, and which number it gets is chance.
bool is_of_path(std::string_view rule);

/// Looks for what is deliberate in an audit, which must outlive this. What leaks and what was withheld are alike to it.
class Judge {
 public:
  explicit Judge(const Report& report);

  /// Of `crossing` in the exec at `place`, which nobody asked for; nothing when nobody can tell.
  std::optional<Suggestion> suggest(std::size_t place, const Crossing& crossing) const;

  /// The rule that would keep it all the same; without its number. Empty when there is none, for who made it is not
  /// known.
  std::string rule_for(std::size_t place, const Crossing& crossing) const;

  /// Whether its maker's own program starts that one: what it made before it became another, or gave to one, is no
  /// longer for rules.
  bool is_first(std::size_t place, const Crossing& crossing) const;

 private:
  using HabitKey = std::tuple<std::string, std::string, std::string, std::string, std::string, std::string, int>;
  using SpreadKey = std::tuple<std::string, std::string, std::string, std::string, std::string>;

  struct Habit {
    std::size_t execs = 0;
    std::set<std::pair<int, std::string>> makings;
  };

  std::string caller_of(const Exec& exec) const;
  HabitKey habit_of(std::size_t place, const Crossing& crossing) const;
  SpreadKey spread_of(std::size_t place, const Crossing& crossing) const;
  void count(std::size_t place);
  Suggestion suggest_for_lock(std::size_t place, const Crossing& crossing) const;

  const Report& report_;
  std::vector<std::string> callers_;  // of each exec
  std::map<int, std::string> last_program_;
  std::map<std::pair<std::string, std::string>, std::size_t> starts_;
  std::map<HabitKey, Habit> habits_;
  std::map<SpreadKey, std::set<std::pair<std::string, int>>> spreads_;
  std::set<std::string> locks_for_shells_;  // by the rule for them
};

}  // namespace cloexec::cli
