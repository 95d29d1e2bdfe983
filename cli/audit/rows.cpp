// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "cli/audit/characters.h"

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

}  // namespace

Row row_of(const Exec& exec, const Crossing& crossing) {
  return {exec.program, crossing, crossing.created.tid != crossing.created.pid};
}

std::string key_of(const Row& row) {
  const Crossing& crossing = row.crossing;
  const Creation& created = crossing.created;
  // No name holds a NUL.
  constexpr std::string_view end("\0", 1);
  std::string key = fmt::format("{} {} {}", static_cast<int>(crossing.what), crossing.fd, row.is_from_thread);
  for (const std::string& part : {crossing.object, shared_target(crossing), crossing.rule, created.call,
                                  created.program, created.module, created.when, row.program})
    key.append(end).append(part);
  return key;
}

void merge(Row& row, const Row& other) {
  row.times += other.times;
  Crossing& crossing = row.crossing;
  if (crossing.announced_by != other.crossing.announced_by) crossing.announced_by.clear();
  if (crossing.target != other.crossing.target) crossing.target = shared_target(crossing);
  if (crossing.created.offset != other.crossing.created.offset) crossing.created.offset = 0;
  if (crossing.created.pid != other.crossing.created.pid) crossing.created.pid = 0;
}

std::vector<Row> merged(std::vector<Row> rows) {
  std::vector<Row> result;
  std::unordered_map<std::string, std::size_t> places;
  for (Row& row : rows) {
    const auto [place, is_new] = places.try_emplace(key_of(row), result.size());
    if (is_new)
      result.push_back(std::move(row));
    else
      merge(result[place->second], row);
  }
  std::stable_sort(result.begin(), result.end(), [](const Row& a, const Row& b) {
    return std::tie(a.crossing.what, a.crossing.fd) < std::tie(b.crossing.what, b.crossing.fd);
  });
  return result;
}

std::string what_it_is(const Crossing& crossing) {
  const std::string& object = crossing.object;
  const std::string& target = crossing.target;
  if (target.empty() || target == "anon_inode:[" + object + "]" || target == "anon_inode:" + object)
    return object.empty() ? "unknown" : object;
  const bool says_it = object.empty() || (target.starts_with(object) && target[object.size()] == ':');
  return says_it ? target : object + " " + target;
}

std::string maker_of(const Row& row) {
  const Creation& created = row.crossing.created;
  if (created.call.empty() && created.program.empty())
    return row.crossing.what == Class::foreign ? "before the audit" : "not recorded";
  const std::string_view program = base_of(created.program);
  const std::string call = created.module.empty() ? created.call : fmt::format("{}!{}", created.module, created.call);
  return program.empty() || program == created.module ? call : fmt::format("{}: {}", program, call);
}

std::string moment_of(const Row& row) {
  const bool is_in_child = row.crossing.created.when == "child";
  if (row.is_from_thread) return is_in_child ? "in a thread of the child" : "in a thread";
  return is_in_child ? "in the child" : "";
}

std::string reason_of(const Crossing& crossing) {
  constexpr std::size_t longest_word = 60;
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
