// SPDX-License-Identifier: Apache-2.0
//
// `cloexec policy suggest`: from an audit, the narrowest rules that keep what looks deliberate. What nobody can tell
// stays a leak.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>

#include "catalogue/call.h"
#include "cli/audit/baseline.h"
#include "cli/audit/report.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "policy/glob.h"
#include "policy/parse.h"
#include "policy/profile.h"

namespace cloexec::cli {
namespace {

/// A glob that matches `text` and nothing else, where the language can say that.
std::string glob_of(std::string_view text, bool is_in_list = false, bool has_stars = false) {
  // What JSON has for bytes that are not UTF-8.
  constexpr std::string_view replaced = "\xEF\xBF\xBD";
  std::string glob;
  while (!text.empty()) {
    if (text.starts_with(replaced)) {
      glob += '*';
      text.remove_prefix(replaced.size());
      continue;
    }
    const char c = text.front();
    text.remove_prefix(1);
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (is_control || c == '"' || (is_in_list && c == ','))
      glob += '?';
    else if (c == '?' || c == '[' || c == '\\' || (c == '*' && !has_stars))
      glob += {'\\', c};
    else
      glob += c;
  }
  return glob;
}

std::string key(std::string_view name, const std::string& value) {
  const bool is_quoted = value.find_first_of(" ;#") != std::string::npos;
  return fmt::format(" {}={}{}{}", name, is_quoted ? "\"" : "", value, is_quoted ? "\"" : "");
}

std::string numbers(const std::set<int>& fds) {
  std::string text;
  for (const int fd : fds) text += fmt::format("{}{}", text.empty() ? "" : ",", fd);
  return text;
}

struct Suggestion {
  std::string rule;  // without the numbers and those targets
  std::string why;
  std::set<std::string> targets = {};
};

/// What the suggestions of one rule have in common.
struct Group {
  std::string why;
  std::set<int> fds;
  std::set<std::string> targets;
  std::size_t leaks = 0;
};

/// Those that the standard profile knows.
std::string_view shells() {
  constexpr const Rule& rule = standard_rules.front();
  static_assert(rule.action == cloexec::Action::exempt && rule.has(Key::program) &&
                rule.keys.has_none_but({Key::program}));
  return rule.value(Key::program).of(standard_profile());
}

/// What starts whatever it is told to: that one starts another says nothing.
bool runs_anything(std::string_view program) {
  return matches_program(shells(), program) ||
         matches_program(
             "env,python,python[23]*,pypy,pypy3*,perl,perl5*,ruby,ruby[23]*,node,nodejs,php,php[5-9]*,lua,lua5*,luajit,"
             "java,tclsh*,guile*,csi,chicken-csi,ocaml,ocamlrun,sbcl",
             program);
}

/// Its shell is started inside libc, where no rule for exec is asked.
bool is_beyond_exec_rules(const Exec& exec) { return exec.call == "system" || exec.call == "popen"; }

bool is_lock_file(std::string_view path) {
  for (const std::string_view ending : {".lock", ".pid"})
    if (path.ends_with(ending)) return true;
  return path.starts_with("/run/lock/") || path.starts_with("/var/lock/");
}

/// Looks for what is deliberate in an audit.
class Judge {
 public:
  explicit Judge(const Report& report) : report_(report) {
    for (const Exec& exec : report.execs) {
      callers_.push_back(caller_of(exec));
      last_program_[exec.pid] = exec.program;
    }
    for (std::size_t i = 0; i < report.execs.size(); ++i) count(i);
  }

  /// Of the leak `crossing` in the exec at `place`; nothing when nobody can tell.
  std::optional<Suggestion> suggest(std::size_t place, const Crossing& crossing) const {
    const Exec& exec = report_.execs[place];
    const Creation& created = crossing.created;
    if (is_lock(crossing)) return suggest_for_lock(place, crossing);
    const std::string& caller = created.program;
    if (!is_first(place, crossing)) return {};
    if (is_own(exec, created))
      return Suggestion{exec_rule(exec, caller) + " own=yes",
                        is_number_chosen(created) ? "its number was chosen between fork and exec"
                                                  : "made by the very process that became this program"};
    if (caller == exec.program && !runs_anything(caller))
      return Suggestion{exec_rule(exec, caller), "the program starts itself again, and hands on what it holds"};
    const auto found = habits_.find(habit_of(place, crossing));
    const auto spread = spreads_.find(spread_of(place, crossing));
    constexpr std::size_t enough = 3;
    if (place_of(call_names, created.call) < 0 || found == habits_.end() || spread == spreads_.end()) return {};
    const Habit& habit = found->second;
    const bool is_always = habit.execs == starts_.at({callers_[place], exec.program});
    if (habit.makings.size() < enough || !is_always || spread->second.size() != 1) return {};
    return Suggestion{is_beyond_exec_rules(exec) ? making_rule(created) : exec_rule(exec, caller),
                      "made anew for every start of this program and for no other, with the same number each time"};
  }

  /// Whether its maker's own program starts that one: what it made before it became another, or gave to one, is no
  /// longer for rules.
  bool is_first(std::size_t place, const Crossing& crossing) const {
    const std::string& maker = crossing.created.program;
    // A daemon's start may not have been seen: then only its makings tell what it was.
    const bool is_by_maker = callers_[place] == maker || callers_[place].empty();
    return is_by_maker && !maker.empty() && !report_.execs[place].program.empty();
  }

 private:
  using HabitKey = std::tuple<std::string, std::string, std::string, std::string, std::string, std::string, int>;
  using SpreadKey = std::tuple<std::string, std::string, std::string, std::string, std::string>;

  struct Habit {
    std::size_t execs = 0;
    std::set<std::pair<int, std::string>> makings;
  };

  /// The program that called exec; empty when that was not seen.
  std::string caller_of(const Exec& exec) const {
    for (const int pid : {exec.pid, exec.ppid})
      if (const auto known = last_program_.find(pid); pid != 0 && known != last_program_.end()) return known->second;
    return {};
  }

  HabitKey habit_of(std::size_t place, const Crossing& crossing) const {
    const Creation& created = crossing.created;
    return {callers_[place], report_.execs[place].program, created.program, created.module,
            created.call,    general(crossing.target),     crossing.fd};
  }

  SpreadKey spread_of(std::size_t place, const Crossing& crossing) const {
    const Creation& created = crossing.created;
    return {callers_[place], created.program, created.module, created.call, general(crossing.target)};
  }

  void count(std::size_t place) {
    const Exec& exec = report_.execs[place];
    ++starts_[{callers_[place], exec.program}];
    for (const Crossing& crossing : exec.fds) {
      if (crossing.what != Class::leak) continue;
      if (is_lock(crossing) && is_beyond_exec_rules(exec)) locks_for_shells_.insert(lock_rule(crossing));
      Habit& habit = habits_[habit_of(place, crossing)];
      ++habit.execs;
      habit.makings.emplace(crossing.created.pid, crossing.target);
      spreads_[spread_of(place, crossing)].emplace(exec.program, crossing.fd);
    }
  }

  static std::string creator_keys(const Creation& created) {
    std::string keys = key("program", glob_of(created.program, true));
    if (!created.module.empty()) keys += key("module", glob_of(created.module));
    return keys;
  }

  static std::string making_rule(const Creation& created, const std::string& keys = {}) {
    return fmt::format("exempt {}{}{}", created.call, keys, creator_keys(created));
  }

  /// Whether the process that became the program has made it itself, as `own=yes` has it.
  static bool is_own(const Exec& exec, const Creation& created) {
    return created.pid != 0 && created.pid == exec.pid && !created.call.empty();
  }

  /// dup gives any number: nobody has chosen that one.
  static bool is_number_chosen(const Creation& created) {
    const int place = place_of(call_names, created.call);
    if (place < 0 || created.when != "child") return false;
    const Call call = static_cast<Call>(place);
    return family_of(call) == Family::dup2 || (family_of(call) == Family::dup && call != Call::dup);
  }

  static bool is_lock(const Crossing& crossing) {
    const int place = place_of(call_names, crossing.created.call);
    return place >= 0 && has_path(static_cast<Call>(place)) && !crossing.created.program.empty() &&
           crossing.object == "file" && is_lock_file(general(crossing.target));
  }

  static std::string lock_glob(const Crossing& crossing, bool is_whole) {
    const std::string path = general(crossing.target);
    const bool has_stars = path != crossing.target;
    return is_whole ? glob_of(path, false, has_stars) : "*" + glob_of(base_name(path), false, has_stars);
  }

  /// The rule sees what the program wrote, which may be a relative path or one with symbolic links.
  static std::string lock_rule(const Crossing& crossing) {
    return making_rule(crossing.created, key("path", lock_glob(crossing, false)));
  }

  /// For those alone that the program itself has started with it, where a rule can tell them; they hand it on.
  Suggestion suggest_for_lock(std::size_t place, const Crossing& crossing) const {
    constexpr const char* why = "a lock or pid file: it is held for as long as a program that was started runs";
    const Exec& exec = report_.execs[place];
    const Creation& created = crossing.created;
    const std::string rule = lock_rule(crossing);
    if (locks_for_shells_.contains(rule)) return {rule, why};
    return {fmt::format("exempt exec{}{}", key("program", glob_of(created.program, true)),
                        key("path", lock_glob(crossing, true))),
            why, is_first(place, crossing) ? names_of(exec) : std::set<std::string>()};
  }

  /// exec may be asked for it by another name than the kernel has for it.
  static std::set<std::string> names_of(const Exec& exec) {
    std::string_view name = base_name(exec.argv0);
    if (name.starts_with('-')) name.remove_prefix(1);
    std::set<std::string> names{glob_of(base_name(exec.program), true)};
    if (!name.empty()) names.insert(glob_of(name, true));
    return names;
  }

  static std::string exec_rule(const Exec& exec, const std::string& caller) {
    return fmt::format("exempt exec{}{}", key("program", glob_of(caller, true)),
                       key("target", fmt::format("{}", fmt::join(names_of(exec), ","))));
  }

  const Report& report_;
  std::vector<std::string> callers_;  // of each exec
  std::map<int, std::string> last_program_;
  std::map<std::pair<std::string, std::string>, std::size_t> starts_;
  std::map<HabitKey, Habit> habits_;
  std::map<SpreadKey, std::set<std::pair<std::string, int>>> spreads_;
  std::set<std::string> locks_for_shells_;  // by the rule for them
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
    std::string whole = text;
    if (!group.targets.empty() && group.targets.size() <= most_targets)
      whole += key("target", fmt::format("{}", fmt::join(group.targets, ",")));
    if (group.fds.size() <= most_numbers && !is_of_path(text)) whole += fmt::format(" fd={}", numbers(group.fds));
    if (rules_ == most_rules) return;
    if (add(fmt::format("# {}; {}\n{}\n", printable(group.why), times(group.leaks), whole))) ++rules_;
  }

  void finish() {
    if (left_out_ > 0) text_ += fmt::format("# {} more have no room here\n", left_out_);
    fmt::print("{}", text_);
  }

 private:
  static constexpr std::size_t most_numbers = 32;
  static constexpr std::size_t most_targets = 32;
  static constexpr std::size_t kept_for_the_end = 64;

  /// A file is known by its name; which number it gets is chance.
  static bool is_of_path(std::string_view rule) { return rule.find(" path=") != std::string_view::npos; }

  bool add(const std::string& lines) {
    const bool has_room = left_out_ == 0 && text_.size() + lines.size() + kept_for_the_end <= longest_policy;
    if (has_room)
      text_ += lines;
    else
      ++left_out_;
    return has_room;
  }

  std::string text_;
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
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad())
    throw std::runtime_error(fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
  try {
    return report_from_json(text);
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
        add_to(rest[identity_of(report.execs[place], crossing)], crossing, {});
      }
    }
  Writer writer;
  writer.comment(fmt::format("What looks deliberate in {}: read it before you use it.", path));
  if (report.lost > 0) writer.comment(fmt::format("{} records were lost: there may be more.", report.lost));
  if (rules.empty()) writer.comment("Nothing does.");
  for (const auto& [rule, group] : rules) writer.rule(rule, group);
  if (!rest.empty()) writer.comment("What nobody can tell stays a leak:");
  for (const auto& [leak, group] : rest) writer.comment("  " + leak_text(leak, group));
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
