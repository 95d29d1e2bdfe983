// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "catalogue/call.h"
#include "policy/glob.h"

namespace cloexec::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view accepted_by = "accepted: ";

constexpr std::array<std::pair<const char*, std::string Identity::*>, 5> fields = {{{"program", &Identity::program},
                                                                                    {"creator", &Identity::creator},
                                                                                    {"module", &Identity::module},
                                                                                    {"call", &Identity::call},
                                                                                    {"target", &Identity::target}}};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_word(char c) { return is_digit(c) || is_upper(c) || is_lower(c); }

void append_star(std::string& text) {
  if (!text.ends_with('*')) text += '*';
}

/// Cuts `text` into words and what stands between them; `change` may replace a word.
std::string with_words(std::string_view text, auto change) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end == at)
      result += text[at++];
    else
      change(result, text.substr(at, end - at));
    at = std::max(at, end);
  }
  return result;
}

/// Whole numbers, and those within a word that are as long as pids: "app.17.log", "job4711". "ttyS0" has a name's.
std::string without_numbers(std::string_view text) {
  constexpr std::size_t long_number = 4;
  return with_words(text, [](std::string& result, std::string_view word) {
    for (std::size_t at = 0; at < word.size();) {
      std::size_t end = at;
      while (end < word.size() && is_digit(word[end])) ++end;
      const bool differs = end - at >= long_number || end - at == word.size();
      if (differs)
        append_star(result);
      else
        result += word.substr(at, std::max<std::size_t>(end - at, 1));
      at = std::max(at + 1, end);
    }
  });
}

constexpr std::size_t shortest_made_up = 6;

/// Whether a program has made the word up: mkstemp(3) takes 6 letters of both cases and digits, mktemp(1) 10, Python 8
/// behind "tmp", systemd-tmpfiles 32.
bool is_made_up(std::string_view word) {
  if (word.size() < shortest_made_up) return false;
  if (word.starts_with("tmp") && word.size() == 11) return true;
  if (word.starts_with("cc") && word.size() == 8) return true;
  const bool has_digit = std::any_of(word.begin(), word.end(), is_digit);
  const bool has_lower = std::any_of(word.begin(), word.end(), is_lower);
  const bool has_inner_upper = std::any_of(word.begin() + 1, word.end(), is_upper);
  return (has_digit && (has_lower || has_inner_upper)) || (has_lower && has_inner_upper);
}

/// What proc(5) adds to the name of a file that is gone.
std::string_view without_deleted(std::string_view path) {
  constexpr std::string_view deleted = " (deleted)";
  if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
  return path;
}

bool is_temporary(std::string_view path) {
  for (const std::string_view folder : {"/tmp/", "/var/tmp/", "/dev/shm/"})
    if (path.starts_with(folder)) return true;
  return false;
}

std::string without_made_up(std::string_view path) {
  if (!is_temporary(path)) return std::string(path);
  std::string result;
  // Python's random names have underlines.
  const auto add_name = [&](std::string_view name) {
    const bool is_pythons = name.starts_with("tmp") && name.size() == 11 &&
                            std::all_of(name.begin(), name.end(), [](char c) { return is_word(c) || c == '_'; });
    result += is_pythons ? "*" : with_words(name, [](std::string& into, std::string_view word) {
      if (is_made_up(word))
        append_star(into);
      else
        into += word;
    });
  };
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    add_name(path.substr(at, slash - at));
    if (slash < path.size()) result += '/';
    at = slash + 1;
  }
  return result;
}

/// mkstemp(3) and its kin may make up lower-case letters only: any word of the name may be theirs.
std::string general_temporary(std::string_view path) {
  const std::size_t name = path.size() - base_name(path).size();
  return general(path.substr(0, name)) + without_numbers(with_words(path.substr(name), [](auto& into, auto word) {
           if (word.size() >= shortest_made_up)
             append_star(into);
           else
             into += word;
         }));
}

bool makes_temporary(const Creation& created) {
  const int place = place_of(call_names, created.call);
  return place >= 0 && family_of(static_cast<Call>(place)) == Family::temp &&
         static_cast<Call>(place) != Call::memfd_create;
}

/// Addresses stay, behind them the port goes: "tcp 127.0.0.1:43210 -> [::1]:80 socket:[4711]".
std::string general_socket(std::string_view target) {
  std::string result;
  while (!target.empty()) {
    const std::size_t blank = std::min(target.find(' '), target.size());
    const std::string_view word = target.substr(0, blank);
    const std::size_t colon = word.rfind(':');
    const bool has_port = colon != std::string_view::npos && colon + 1 < word.size() &&
                          std::all_of(word.begin() + static_cast<std::ptrdiff_t>(colon) + 1, word.end(), is_digit);
    if (has_port)
      result += std::string(word.substr(0, colon + 1)) + "*";
    else if (word.starts_with('/') || word.starts_with('@'))
      result += general(word);
    else
      result += without_numbers(word);
    if (blank < target.size()) result += ' ';
    target.remove_prefix(std::min(blank + 1, target.size()));
  }
  return result;
}

std::string place_in(const std::string& text, std::size_t byte) {
  const std::string_view before = std::string_view(text).substr(0, byte > 0 ? byte - 1 : 0);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  return fmt::format("{}:{}", line, before.size() - (newline == std::string_view::npos ? 0 : newline + 1) + 1);
}

Json parsed(const std::string& path, const std::string& text) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw std::runtime_error(fmt::format("{}:{}: this is no JSON", path, place_in(text, error.byte)));
  }
}

Identity identity_from(const Json& json, const std::string& place) {
  if (!json.is_object()) throw std::runtime_error(place + ": this is no object");
  Identity identity;
  for (const auto& [name, field] : fields) {
    const auto found = json.find(name);
    if (found == json.end()) throw std::runtime_error(fmt::format("{}: '{}' is missing", place, name));
    if (!found->is_string()) throw std::runtime_error(fmt::format("{}.{}: this is no string", place, name));
    identity.*field = *found;
  }
  return identity;
}

/// As it will be read back from JSON, where what is not UTF-8 is replaced.
std::string as_written(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string general(std::string_view target) {
  target = without_deleted(target);
  if (target.starts_with('/')) return without_numbers(without_made_up(target));
  // An abstract name: what makes it unique is what makes a temporary name unique.
  if (target.starts_with('@')) {
    constexpr std::string_view folder = "/tmp/";
    return fmt::format("@{}", general(fmt::format("{}{}", folder, target.substr(1))).substr(folder.size()));
  }
  return general_socket(target);
}

Identity identity_of(const Exec& exec, const Crossing& crossing) {
  const Creation& created = crossing.created;
  const std::string target = makes_temporary(created) && crossing.target.starts_with('/')
                                 ? general_temporary(without_deleted(crossing.target))
                                 : general(crossing.target);
  return {as_written(without_made_up(exec.program)), as_written(without_made_up(created.program)),
          as_written(created.module), as_written(created.call), as_written(target)};
}

Baseline Baseline::read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad())
    throw std::runtime_error(fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
  const Json json = parsed(path, text);
  const auto complain = [&](const char* what) { throw std::runtime_error(fmt::format("{}: {}", path, what)); };
  if (!json.is_object() || !json.contains("version") || !json.contains("accepted"))
    complain("this is no baseline: 'version' and 'accepted' are expected");
  if (json["version"] != 1) complain("version: it is of another version than 1");
  if (!json["accepted"].is_array()) complain("accepted: this is no list");
  Baseline baseline;
  std::size_t number = 0;
  for (const Json& one : json["accepted"])
    baseline.accepted_.insert(identity_from(one, fmt::format("{}: accepted[{}]", path, number++)));
  return baseline;
}

Baseline Baseline::of(const Report& report) {
  Baseline baseline;
  for (const Exec& exec : report.execs)
    for (const Crossing& crossing : exec.fds)
      if (crossing.what == Class::leak || is_accepted(crossing)) baseline.accepted_.insert(identity_of(exec, crossing));
  return baseline;
}

std::string Baseline::text() const {
  Json all = Json::array();
  for (const Identity& identity : accepted_) {
    Json one;
    for (const auto& [name, field] : fields) one[name] = identity.*field;
    all.push_back(std::move(one));
  }
  return Json{{"version", 1}, {"accepted", std::move(all)}}.dump(2) + "\n";
}

void Baseline::apply(Report& report, const std::string& path) const {
  for (Exec& exec : report.execs)
    for (Crossing& crossing : exec.fds) {
      if (crossing.what != Class::leak || !accepted_.contains(identity_of(exec, crossing))) continue;
      crossing.what = Class::exempt;
      crossing.rule = std::string(accepted_by) + path;
    }
}

bool is_accepted(const Crossing& crossing) {
  return crossing.what == Class::exempt && crossing.rule.starts_with(accepted_by);
}

}  // namespace cloexec::cli
