// SPDX-License-Identifier: Apache-2.0
//
// Whether a program that is about to be started is told a descriptor's number: by an argument, as in `--status-fd 7`,
// `/dev/fd/7` and `13:14:16`, or by a variable, as in `NGINX=5;6;` and `LISTEN_FDS=1`.
#pragma once

#include <cstddef>
#include <string_view>

#include "policy/number_set.h"

namespace cloexec {
namespace detail {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_separator(char c) { return c == ':' || c == ';' || c == ','; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t begin = 0; begin + word.size() <= text.size(); ++begin) {
    std::size_t same = 0;
    while (same < word.size() && to_lower(text[begin + same]) == word[same]) ++same;
    if (same == word.size()) return true;
  }
  return false;
}

/// The words that names of descriptors are made of: --status-fd, LISTEN_FDS, FPM_SOCKETS, NGINX, MAKE_JOBSERVER.
constexpr bool speaks_of_descriptors(std::string_view name) {
  for (const auto word : {std::string_view("fd"), std::string_view("sock"), std::string_view("pipe"),
                          std::string_view("listen"), std::string_view("nginx"), std::string_view("jobserver")})
    if (has_word(name, word)) return true;
  return false;
}

/// Numbers and what separates them, and nothing else.
constexpr bool is_number_list(std::string_view text) {
  for (const char c : text)
    if (!is_digit(c) && !is_separator(c)) return false;
  return !text.empty();
}

/// What a number belongs to, in `--pass-fds=7,8` or `/dev/fd/7`: the word before the separator, which other numbers of
/// a list may follow.
constexpr std::string_view key_before(std::string_view before) {
  while (!before.empty() && (is_digit(before.back()) || is_separator(before.back()))) before.remove_suffix(1);
  if (!before.empty() && (before.back() == '=' || before.back() == '/')) before.remove_suffix(1);
  for (const char boundary : {'/', ','})
    if (const std::size_t at = before.rfind(boundary); at != std::string_view::npos) before.remove_prefix(at + 1);
  return before;
}

enum class Where : unsigned char { anywhere, behind_a_word, outside_paths };

constexpr bool is_right_place(Where where, std::string_view before) {
  // "<&7" to a shell, "-&7" to gpg.
  if (where == Where::behind_a_word && !before.empty() && before.back() == '&') return true;
  if (where == Where::behind_a_word) return speaks_of_descriptors(key_before(before));
  return where == Where::anywhere || before.empty() || before.back() != '/';
}

/// Whether `text` has the number by itself, in the right place. The 2 of "php8.2" and of "agent.2" is part of a name.
constexpr bool has_number(std::string_view text, int fd, Where where) {
  constexpr std::string_view before_numbers = "=:;,/|& ";
  constexpr std::string_view behind_numbers = ":;,/| ";
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    std::string_view before = text;
    before.remove_suffix(text.size() - at);
    if (read_number(text, at) != fd) continue;
    const bool begins = before.empty() || before_numbers.find(before.back()) != std::string_view::npos;
    const bool ends = at == text.size() || behind_numbers.find(text[at]) != std::string_view::npos;
    if (begins && ends && is_right_place(where, before)) return true;
  }
  return false;
}

}  // namespace detail

/// Whether `argument` tells `fd`: it is the number, or a list of numbers with it, or has it behind a word that speaks
/// of descriptors.
constexpr bool argument_tells(std::string_view argument, int fd) {
  const bool is_list = detail::is_number_list(argument);
  return detail::has_number(argument, fd, is_list ? detail::Where::anywhere : detail::Where::behind_a_word);
}

/// Whether the variable `name` with `value` tells `fd`: it is a list of numbers, or its name speaks of descriptors.
/// LISTEN_FDS says how many there are from 3 on: sd_listen_fds(3).
constexpr bool variable_tells(std::string_view name, std::string_view value, int fd) {
  constexpr int first_listening = 3;
  if (name == "LISTEN_FDS") {
    std::size_t at = 0;
    return fd >= first_listening && fd - first_listening < detail::read_number(value, at);
  }
  return (detail::is_number_list(value) || detail::speaks_of_descriptors(name)) &&
         detail::has_number(value, fd, detail::Where::outside_paths);
}

}  // namespace cloexec
