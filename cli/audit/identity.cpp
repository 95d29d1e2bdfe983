// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "catalogue/call.h"
#include "policy/glob.h"

namespace cloexec::cli {
namespace {

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

std::string general_path(std::string_view path) { return without_numbers(without_made_up(without_deleted(path))); }

/// mkstemp(3) and its kin may make up lower-case letters only: any word of the name may be theirs.
std::string general_temporary(std::string_view path) {
  const std::size_t name = path.size() - base_name(path).size();
  return general_path(path.substr(0, name)) + without_numbers(with_words(path.substr(name), [](auto& into, auto word) {
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

std::string general(std::string_view target);

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

std::string general(std::string_view target) {
  if (target.starts_with('/')) return general_path(target);
  // An abstract name: what makes it unique is what makes a temporary name unique.
  if (target.starts_with('@')) {
    constexpr std::string_view folder = "/tmp/";
    return fmt::format("@{}", general_path(fmt::format("{}{}", folder, target.substr(1))).substr(folder.size()));
  }
  return general_socket(target);
}

bool has_path(const Crossing& crossing) {
  return crossing.target.starts_with('/') || crossing.object == "file" || crossing.object == "directory";
}

}  // namespace

std::string general_target(const Crossing& crossing) {
  if (!has_path(crossing)) return general(crossing.target);
  return makes_temporary(crossing.created) ? general_temporary(without_deleted(crossing.target))
                                           : general_path(crossing.target);
}

std::string general_function(std::string_view function) {
  // In the symbol table, and as libiberty's demangler has it: "read() [clone .part.0]".
  static const std::regex added(R"((\.(part|cold|constprop|isra|lto_priv|llvm)(\.\d+)*)+$| \[clone \..*)");
  if (function.find('.') == std::string_view::npos) return std::string(function);
  return std::regex_replace(std::string(function), added, "");
}

Identity identity_of(const Exec& exec, const Crossing& crossing) {
  Identity identity = exact_identity_of(exec, crossing);
  identity.program = without_made_up(identity.program);
  identity.creator = without_made_up(identity.creator);
  identity.function = general_function(identity.function);
  identity.target = general_target(crossing);
  return identity;
}

Identity exact_identity_of(const Exec& exec, const Crossing& crossing) {
  const Creation& created = crossing.created;
  const std::string function = created.stack.empty() ? "" : created.stack.front().function;
  return {exec.program, created.program, created.module, function, created.call, crossing.target};
}

}  // namespace cloexec::cli
