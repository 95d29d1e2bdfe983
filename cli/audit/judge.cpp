// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/judge.h"

#include <fmt/format.h>

#include "catalogue/call.h"
#include "cli/audit/identity.h"
#include "cli/text/characters.h"
#include "policy/glob.h"
#include "policy/profile.h"

namespace cloexec::cli {

std::string key(std::string_view name, const std::string& value) {
  const bool is_quoted = value.find_first_of(" ;#") != std::string::npos;
  return fmt::format(" {}={}{}{}", name, is_quoted ? "\"" : "", value, is_quoted ? "\"" : "");
}

std::string numbers(const std::set<int>& fds) {
  std::string text;
  for (const int fd : fds) text += fmt::format("{}{}", text.empty() ? "" : ",", fd);
  return text;
}

bool is_of_path(std::string_view rule) { return rule.find(" path=") != std::string_view::npos; }

namespace {

/// A glob that matches `text`, and nothing else where the language and a terminal can say that.
std::string glob_of(std::string_view text, bool is_in_list = false, bool has_stars = false) {
  std::string glob;
  while (!text.empty()) {
    std::string_view rest = text;
    const char32_t character = take_character(rest);
    const std::string_view bytes = text.substr(0, text.size() - rest.size());
    text = rest;
    if (!is_utf8(bytes) || !is_harmless(character) || character == '"' || (is_in_list && character == ','))
      // It stands for a byte.
      glob.append(bytes.size(), '?');
    else if (character == '?' || character == '[' || character == '\\' || (character == '*' && !has_stars))
      glob.append("\\").append(bytes);
    else
      glob += bytes;
  }
  return glob;
}

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

bool is_unasked(const Crossing& crossing) { return crossing.what == Class::leak || crossing.what == Class::withheld; }

std::string creator_keys(const Creation& created) {
  std::string keys = key("program", glob_of(created.program, true));
  if (!created.module.empty()) keys += key("module", glob_of(created.module));
  return keys;
}

std::string making_rule(const Creation& created, const std::string& keys = {}) {
  return fmt::format("exempt {}{}{}", created.call, keys, creator_keys(created));
}

/// Whether the process that became the program has made it itself, as `own=yes` has it.
bool is_own(const Exec& exec, const Creation& created) {
  return created.pid != 0 && created.pid == exec.pid && !created.call.empty();
}

/// dup gives any number: nobody has chosen that one.
bool is_number_chosen(const Creation& created) {
  const int place = place_of(call_names, created.call);
  if (place < 0 || created.when != "child") return false;
  const Call call = static_cast<Call>(place);
  return family_of(call) == Family::dup2 || (family_of(call) == Family::dup && call != Call::dup);
}

bool is_lock(const Crossing& crossing) {
  const int place = place_of(call_names, crossing.created.call);
  return place >= 0 && has_path(static_cast<Call>(place)) && !crossing.created.program.empty() &&
         crossing.object == "file" && is_lock_file(general_target(crossing));
}

std::string target_glob(const Crossing& crossing, bool is_whole) {
  const std::string path = general_target(crossing);
  const bool has_stars = path != crossing.target;
  return is_whole ? glob_of(path, false, has_stars)
                  : std::string("*").append(glob_of(base_name(path), false, has_stars));
}

/// The rule sees what the program wrote, which may be a relative path or one with symbolic links.
std::string lock_rule(const Crossing& crossing) {
  return making_rule(crossing.created, key("path", target_glob(crossing, false)));
}

/// exec may be asked for it by another name than the kernel has for it.
std::set<std::string> names_of(const Exec& exec) {
  std::string_view name = base_name(exec.argv0);
  if (name.starts_with('-')) name.remove_prefix(1);
  std::set<std::string> names{glob_of(base_name(exec.program), true)};
  if (!name.empty()) names.insert(glob_of(name, true));
  return names;
}

std::string exec_rule(const Exec& exec, const std::string& caller) {
  return fmt::format("exempt exec{}{}", key("program", glob_of(caller, true)),
                     key("target", fmt::format("{}", fmt::join(names_of(exec), ","))));
}

}  // namespace

Judge::Judge(const Report& report) : report_(report) {
  for (const Exec& exec : report.execs) {
    callers_.push_back(caller_of(exec));
    last_program_[exec.pid] = exec.program;
  }
  for (std::size_t i = 0; i < report.execs.size(); ++i) count(i);
}

std::optional<Suggestion> Judge::suggest(std::size_t place, const Crossing& crossing) const {
  const Exec& exec = report_.execs[place];
  const Creation& created = crossing.created;
  if (is_lock(crossing)) return suggest_for_lock(place, crossing);
  const std::string& caller = created.program;
  if (!is_first(place, crossing)) return {};
  if (is_own(exec, created))
    return Suggestion{exec_rule(exec, caller) + " own=yes", is_number_chosen(created)
                                                                ? "its number was chosen between fork and exec"
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

std::string Judge::rule_for(std::size_t place, const Crossing& crossing) const {
  const Exec& exec = report_.execs[place];
  const Creation& created = crossing.created;
  const int call = place_of(call_names, created.call);
  if (call < 0 || created.program.empty()) return {};
  const bool is_file =
      crossing.object == "file" && crossing.target.starts_with('/') && has_path(static_cast<Call>(call));
  if (is_first(place, crossing) && !is_beyond_exec_rules(exec))
    return exec_rule(exec, created.program) + (is_file ? key("path", target_glob(crossing, true)) : "");
  return making_rule(created, is_file ? key("path", target_glob(crossing, false)) : "");
}

bool Judge::is_first(std::size_t place, const Crossing& crossing) const {
  const std::string& maker = crossing.created.program;
  // A daemon's start may not have been seen: then only its makings tell what it was.
  const bool is_by_maker = callers_[place] == maker || callers_[place].empty();
  return is_by_maker && !maker.empty() && !report_.execs[place].program.empty();
}

/// The program that called exec; empty when that was not seen.
std::string Judge::caller_of(const Exec& exec) const {
  for (const int pid : {exec.pid, exec.ppid})
    if (const auto known = last_program_.find(pid); pid != 0 && known != last_program_.end()) return known->second;
  return {};
}

Judge::HabitKey Judge::habit_of(std::size_t place, const Crossing& crossing) const {
  const Creation& created = crossing.created;
  return {callers_[place], report_.execs[place].program, created.program, created.module,
          created.call,    general_target(crossing),     crossing.fd};
}

Judge::SpreadKey Judge::spread_of(std::size_t place, const Crossing& crossing) const {
  const Creation& created = crossing.created;
  return {callers_[place], created.program, created.module, created.call, general_target(crossing)};
}

void Judge::count(std::size_t place) {
  const Exec& exec = report_.execs[place];
  ++starts_[{callers_[place], exec.program}];
  for (const Crossing& crossing : exec.fds) {
    if (!is_unasked(crossing)) continue;
    if (is_lock(crossing) && is_beyond_exec_rules(exec)) locks_for_shells_.insert(lock_rule(crossing));
    Habit& habit = habits_[habit_of(place, crossing)];
    ++habit.execs;
    habit.makings.emplace(crossing.created.pid, crossing.target);
    spreads_[spread_of(place, crossing)].emplace(exec.program, crossing.fd);
  }
}

/// For those alone that the program itself has started with it, where a rule can tell them; they hand it on.
Suggestion Judge::suggest_for_lock(std::size_t place, const Crossing& crossing) const {
  constexpr const char* why = "a lock or pid file: it is held for as long as a program that was started runs";
  const Exec& exec = report_.execs[place];
  const Creation& created = crossing.created;
  const std::string rule = lock_rule(crossing);
  if (locks_for_shells_.contains(rule)) return {rule, why};
  return {fmt::format("exempt exec{}{}", key("program", glob_of(created.program, true)),
                      key("path", target_glob(crossing, true))),
          why, is_first(place, crossing) ? names_of(exec) : std::set<std::string>()};
}

}  // namespace cloexec::cli
