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

#include "cli/audit/baseline.h"
#include "cli/audit/report.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "policy/call.h"
#include "policy/glob.h"
#include "policy/parse.h"

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
  std::string rule;  // without the numbers
  std::string why;
};

/// What the suggestions of one rule have in common.
struct Group {
  std::string why;
  std::set<int> fds;
  std::size_t leaks = 0;
};

/// What starts whatever it is told to: that one starts another says nothing.
bool runs_anything(std::string_view program) {
  return matches_program(
      "sh,ash,bash,dash,ksh*,mksh*,zsh*,yash,busybox*,env,python*,pypy*,perl*,ruby*,node*,php*,lua*,java,tclsh*,guile*",
      program);
}

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
    if (auto by_making = suggest_by_making(crossing)) return by_making;
    const std::string& caller = callers_[place];
    if (caller.empty() || exec.program.empty()) return {};
    if (caller == exec.program && !runs_anything(caller))
      return Suggestion{exec_rule(exec, caller), "the program starts itself again, and hands on what it holds"};
    const auto found = habits_.find(habit_of(place, crossing));
    const auto spread = spreads_.find(spread_of(place, crossing));
    constexpr std::size_t enough = 3;
    if (created.call.empty() || found == habits_.end() || spread == spreads_.end()) return {};
    const Habit& habit = found->second;
    const bool is_always = habit.execs == starts_.at({caller, exec.program});
    if (habit.makings.size() < enough || !is_always || spread->second.size() != 1) return {};
    return Suggestion{exec_rule(exec, caller),
                      "made anew for every start of this program and for no other, with the same number each time"};
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

  static std::optional<Suggestion> suggest_by_making(const Crossing& crossing) {
    const Creation& created = crossing.created;
    const int place = place_of(call_names, created.call);
    if (place < 0 || created.program.empty()) return {};
    const Call call = static_cast<Call>(place);
    const Family family = family_of(call);
    // dup gives any number: nobody has chosen that one.
    const bool has_chosen = family == Family::dup2 || (family == Family::dup && call != Call::dup);
    if (has_chosen && created.when == "child")
      return Suggestion{fmt::format("exempt {}{} when=child", created.call, creator_keys(created)),
                        "between fork and exec somebody has chosen the number for the new program"};
    if (has_path(call) && crossing.object == "file" && is_lock_file(general(crossing.target))) {
      const std::string path = general(crossing.target);
      const bool has_stars = path != crossing.target;
      // The rule sees what the program wrote, which may be a relative path or one with symbolic links.
      const std::string glob = "*" + glob_of(base_name(path), false, has_stars);
      return Suggestion{fmt::format("exempt {}{}{}", created.call, key("path", glob), creator_keys(created)),
                        "a lock or pid file: it is held for as long as a program that was started runs"};
    }
    return {};
  }

  /// exec may be asked for it by another name than the kernel has for it.
  static std::string exec_rule(const Exec& exec, const std::string& caller) {
    std::string_view name = base_name(exec.argv0);
    if (name.starts_with('-')) name.remove_prefix(1);
    std::string target = glob_of(base_name(exec.program), true);
    if (!name.empty() && name != base_name(exec.program)) target += "," + glob_of(name, true);
    return fmt::format("exempt exec{}{}", key("program", glob_of(caller, true)), key("target", target));
  }

  const Report& report_;
  std::vector<std::string> callers_;  // of each exec
  std::map<int, std::string> last_program_;
  std::map<std::pair<std::string, std::string>, std::size_t> starts_;
  std::map<HabitKey, Habit> habits_;
  std::map<SpreadKey, std::set<std::pair<std::string, int>>> spreads_;
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
    const std::string with_numbers =
        group.fds.size() <= most_numbers && !is_of_path(text) ? text + fmt::format(" fd={}", numbers(group.fds)) : text;
    if (rules_ == most_rules) return;
    if (add(fmt::format("# {}; {}\n{}\n", printable(group.why), times(group.leaks), with_numbers))) ++rules_;
  }

  void finish() {
    if (left_out_ > 0) text_ += fmt::format("# {} more have no room here\n", left_out_);
    fmt::print("{}", text_);
  }

 private:
  static constexpr std::size_t most_numbers = 32;
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

void add_to(Group& group, const Crossing& crossing, const std::string& why) {
  group.why = why;
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

int suggest(const std::string& path) {
  const Report report = read_report(path);
  const Judge judge(report);
  std::map<std::string, Group> rules;
  std::map<Identity, Group> rest;
  for (std::size_t place = 0; place < report.execs.size(); ++place)
    for (const Crossing& crossing : report.execs[place].fds) {
      if (crossing.what != Class::leak) continue;
      if (const auto suggestion = judge.suggest(place, crossing))
        add_to(rules[suggestion->rule], crossing, suggestion->why);
      else
        add_to(rest[identity_of(report.execs[place], crossing)], crossing, {});
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
      "Deliberate looks: a number chosen between fork and exec; a lock or pid file; what a program hands on when it\n"
      "starts itself again; what is made anew, with the same number, for each of three or more starts of a program.");
  command->callback([=, &action] { action = [=] { return suggest(*path); }; });
}

}  // namespace cloexec::cli
