// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "cli/audit/frame_text.h"
#include "cli/text/characters.h"

namespace cloexec::cli {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Without the numbers that the kernel and the system gave: "pipe:[…] read end; the other end is 4 of sh[…]".
std::string anonymous(std::string_view target) {
  std::string result;
  while (!target.empty()) {
    const std::size_t digits =
        target[0] == '[' ? static_cast<std::size_t>(std::find_if_not(target.begin() + 1, target.end(), is_digit) -
                                                    target.begin() - 1)
                         : 0;
    if (digits > 0 && digits + 1 < target.size() && target[digits + 1] == ']') {
      result += "[…]";
      target.remove_prefix(digits + 2);
    } else {
      result += target[0];
      target.remove_prefix(1);
    }
  }
  return result;
}

/// Paths may hold such brackets, and mean them.
bool has_numbers(const Crossing& crossing) { return crossing.object == "pipe" || crossing.object == "socket"; }

std::string shared_target(const Crossing& crossing) {
  return has_numbers(crossing) ? anonymous(crossing.target) : crossing.target;
}

/// No name holds a NUL.
constexpr std::string_view end_of_part("\0", 1);

/// "BIO_new_file (bss_file.c:69) in libcrypto.so.3"; the object alone where no more is known; empty where not even
/// that.
std::string place_of(const Creation& created) {
  if (created.stack.empty()) return created.module;
  const Frame& frame = created.stack.front();
  return is_known(frame) ? fmt::format("{} in {}", brief_text_of(frame), frame.module) : created.module;
}

/// Where code was is no question of its place in memory or in a file.
void append_calls(std::string& key, const Creation& created) {
  key.append(end_of_part);
  for (const Frame& frame : created.stack) key.append(brief_text_of(frame)).append(end_of_part);
}

std::string with_maker(std::string key, const Row& row) {
  const Crossing& crossing = row.crossing;
  const Creation& created = crossing.created;
  key += fmt::format(" {} {}", static_cast<int>(crossing.what), row.is_from_thread);
  for (const std::string* part : {&crossing.object, &crossing.rule, &crossing.missed_by, &created.call,
                                  &created.program, &created.module, &created.when})
    key.append(end_of_part).append(*part);
  append_calls(key, created);
  if (crossing.cleared) append_calls(key, *crossing.cleared);
  return key;
}

bool is_the_same(const Crossing& a, const Crossing& b) {
  return a.fd == b.fd && (a.target == b.target || shared_target(a) == shared_target(b));
}

}  // namespace

Row row_of(const Exec& exec, const Crossing& crossing) {
  Row row;
  row.programs[exec.program] = 1;
  row.crossing = crossing;
  row.is_from_thread = crossing.created.tid != crossing.created.pid;
  row.last_fd = crossing.fd;
  return row;
}

std::string key_of(const Row& row) {
  return with_maker(fmt::format("{}", row.crossing.fd), row).append(end_of_part).append(shared_target(row.crossing));
}

std::string site_of(const Row& row) { return with_maker(fmt::format("{:x}", row.crossing.created.offset), row); }

namespace {

/// As one of several.
void stand_for_itself(Row& row) {
  row.examples = {what_it_is(row.crossing)};
  row.different = {std::hash<std::string>()(fmt::format("{} {}", row.crossing.fd, shared_target(row.crossing)))};
}

}  // namespace

std::string common_pattern(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t front = 0;
  while (front < shorter && a[front] == b[front]) ++front;
  std::size_t back = 0;
  while (back < shorter - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  if (front == a.size() && front == b.size()) return std::string(a);
  std::string pattern(a.substr(0, front));
  if (!pattern.ends_with('*')) pattern += '*';
  std::string_view rest = a.substr(a.size() - back);
  if (rest.starts_with('*')) rest.remove_prefix(1);
  return pattern.append(rest);
}

void merge(Row& row, const Row& other) {
  if (!row.examples.empty() || !other.examples.empty() || !is_the_same(row.crossing, other.crossing)) {
    if (row.examples.empty()) stand_for_itself(row);
    Row another = other;
    if (another.examples.empty()) stand_for_itself(another);
    for (const std::string& one : another.examples)
      if (row.examples.size() < most_examples &&
          std::find(row.examples.begin(), row.examples.end(), one) == row.examples.end())
        row.examples.push_back(one);
    row.different.merge(another.different);
  }
  row.times += other.times;
  for (const auto& [program, times] : other.programs) row.programs[program] += times;
  row.last_fd = std::max(row.last_fd, other.last_fd);
  Crossing& crossing = row.crossing;
  crossing.fd = std::min(crossing.fd, other.crossing.fd);
  if (crossing.announced_by != other.crossing.announced_by) crossing.announced_by.clear();
  if (crossing.target != other.crossing.target) {
    crossing.target = shared_target(crossing);
    crossing.target = common_pattern(crossing.target, shared_target(other.crossing));
  }
  if (crossing.created.offset != other.crossing.created.offset) crossing.created.offset = 0;
  if (crossing.created.pid != other.crossing.created.pid) crossing.created.pid = 0;
  if (crossing.created.thread != other.crossing.created.thread) crossing.created.thread.clear();
}

void Rows::add(const Exec& exec) {
  for (const Crossing& crossing : exec.fds) add(exec, crossing);
}

void Rows::add(const Exec& exec, const Crossing& crossing) {
  if (const auto known = known_.find(&crossing); known != known_.end()) {
    Row& row = rows_[known->second];
    ++row.times;
    ++row.programs[exec.program];
    return;
  }
  Row row = row_of(exec, crossing);
  const auto [place, is_new] = places_.try_emplace(key_of(row), rows_.size());
  known_[&crossing] = place->second;
  if (is_new)
    rows_.push_back(std::move(row));
  else
    merge(rows_[place->second], row);
}

std::vector<Row> Rows::take() {
  // Few enough are read one by one.
  constexpr std::size_t most = 12;
  std::unordered_map<std::string, std::vector<std::size_t>> sites;
  for (std::size_t i = 0; i < rows_.size(); ++i) sites[site_of(rows_[i])].push_back(i);
  std::vector<Row> result;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::vector<std::size_t>& alike = sites[site_of(rows_[i])];
    if (alike.size() <= most) result.push_back(std::move(rows_[i]));
    if (alike.size() <= most || alike.front() != i) continue;
    Row all = rows_[i];
    for (const std::size_t other : alike)
      if (other != i) merge(all, rows_[other]);
    result.push_back(std::move(all));
  }
  std::stable_sort(result.begin(), result.end(), [](const Row& a, const Row& b) {
    return std::tie(a.crossing.what, a.crossing.fd) < std::tie(b.crossing.what, b.crossing.fd);
  });
  return result;
}

std::string numbers_of(const Row& row) {
  if (row.last_fd == row.crossing.fd) return fmt::to_string(row.crossing.fd);
  return fmt::format("{}-{}", row.crossing.fd, row.last_fd);
}

std::string what_it_is(const Crossing& crossing) {
  const std::string& object = crossing.object;
  const std::string& target = crossing.target;
  if (target.empty() || target == "anon_inode:[" + object + "]" || target == "anon_inode:" + object)
    return object.empty() ? "unknown" : object;
  const bool says_it = object.empty() || (target.starts_with(object) && target[object.size()] == ':');
  return says_it ? target : object + " " + target;
}

std::string what_it_is(const Row& row) {
  if (row.alike() == 1) return what_it_is(row.crossing);
  return fmt::format("{} like {}", row.alike(), what_it_is(row.crossing));
}

std::string maker_of(const Row& row) {
  const Creation& created = row.crossing.created;
  if (created.call.empty() && created.program.empty())
    return row.crossing.what == Class::foreign ? "before the audit" : "not recorded";
  const std::string_view program = base_of(created.program);
  std::string place = place_of(created);
  // Seen from outside: by which of its calls is not known.
  if (created.call.empty() && place.empty()) return std::string(program);
  if (place.empty()) return program.empty() ? created.call : fmt::format("{}, by {}", program, created.call);
  if (!program.empty() && program != created.module) place += fmt::format(" of {}", program);
  return fmt::format("{}, by {}", place, created.call);
}

std::vector<std::string> callers_of(const Creation& created) {
  std::vector<std::string> callers;
  for (std::size_t place = 1; place < created.stack.size(); ++place) {
    const Frame& frame = created.stack[place];
    callers.push_back("from " + brief_text_of(frame));
    if (is_known(frame) && !frame.module.empty()) callers.back() += " in " + frame.module;
  }
  return callers;
}

std::string moment_of(const Row& row) {
  const Creation& created = row.crossing.created;
  const bool is_in_child = created.when == "child";
  if (!row.is_from_thread) return is_in_child ? "in the child" : "";
  const std::string thread = created.thread.empty() ? "a thread" : "thread " + created.thread;
  return fmt::format("in {}{}", thread, is_in_child ? " of the child" : "");
}

std::string reason_of(const Crossing& crossing) {
  constexpr std::size_t longest_word = 60;
  if (crossing.cleared) return fmt::format("by {}, {}", place_of(*crossing.cleared), crossing.cleared->call);
  if (!crossing.missed_by.empty())
    return is_needed(crossing) ? fmt::format("needed by {}", crossing.missed_by) : "closed";
  if (crossing.announced_by.empty()) return crossing.rule;
  return fmt::format("{}, announced by '{}'", crossing.rule, cut_in_middle(crossing.announced_by, longest_word));
}

std::string shell_command(const std::vector<std::string>& words) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  std::string command;
  for (const std::string& word : words) {
    if (!command.empty()) command += ' ';
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
      command += word;
      continue;
    }
    command += '\'';
    for (const char c : word) command += c == '\'' ? std::string("'\\''") : std::string(1, c);
    command += '\'';
  }
  return command;
}

std::string_view base_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace cloexec::cli
