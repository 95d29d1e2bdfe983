// SPDX-License-Identifier: Apache-2.0
//
// An announcement, and how its numbers are read: nothing but reading, as all of it runs between fork and exec.
#pragma once

#include <cstddef>

#include "policy/descriptor_words.h"
#include "policy/number_set.h"

namespace cloexec {

/// Numbers first..last are told.
struct Announcement {
  int first;
  int last;
  std::string_view by;           // the option or argument, or NAME=VALUE
  std::string_view behind = {};  // the argument that has the number, where that is not `by`
};

namespace detail {

/// Says of numbers which word tells them.
template <typename Visit>
struct Teller {
  Visit& visit;
  const char* by = nullptr;
  const char* behind = nullptr;

  constexpr void operator()(int first, int last) const {
    visit(Announcement{first, last, by, behind != nullptr ? std::string_view(behind) : std::string_view()});
  }
};

template <typename Visit>
Teller(Visit&, const char*) -> Teller<Visit>;

constexpr bool is_key_character(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; }

/// The name that `word` begins with; apt's have "::" inside.
constexpr std::string_view key_of(const char* word) {
  const char* end = word;
  while (is_key_character(*end) || (*end == ':' && (end[1] == ':' || (end > word && end[-1] == ':')))) ++end;
  return {word, static_cast<std::size_t>(end - word)};
}

constexpr bool is_separator(char c) { return c == ',' || c == ':' || c == ';'; }

/// Where the numbers and separators end that `text` begins with.
constexpr const char* end_of_list(const char* text) {
  if (is_digit(*text))
    while (is_digit(*text) || is_separator(*text)) ++text;
  return text;
}

constexpr void each_number(const char* text, const char* end, auto&& visit) {
  const std::string_view list(text, static_cast<std::size_t>(end - text));
  for (std::size_t at = 0; at < list.size(); ++at)
    if (const int number = read_number(list, at); number >= 0) visit(number, number);
}

/// Whether `text` is numbers and separators and nothing else; visits them then.
constexpr bool take_list(const char* text, auto&& visit) {
  const char* const end = end_of_list(text);
  if (end == text || *end != '\0') return false;
  each_number(text, end, visit);
  return true;
}

/// A number that says how many there are, from 3 on: sd_listen_fds(3).
constexpr void take_count(std::string_view text, auto&& visit) {
  constexpr int first = 3;
  std::size_t at = 0;
  const int count = read_number(text, at);
  if (count > 0 && at == text.size()) visit(first, count > INT_MAX - first ? INT_MAX : first + count - 1);
}

/// The number at the end of each item, behind '=' or ':'.
constexpr void take_items(const char* text, auto&& visit) {
  const char* begin = nullptr;
  for (;; ++text) {
    if (*text == '=' || *text == ':') {
      begin = text + 1;
    } else if (!is_digit(*text)) {
      if (begin != nullptr && (*text == '\0' || *text == ',' || *text == ';')) each_number(begin, text, visit);
      begin = nullptr;
    }
    if (*text == '\0') return;
  }
}

/// Whether `text` goes on without a blank: others may have chosen what is longer.
constexpr bool is_one_word(const char* text) {
  while (*text != '\0' && *text != ' ' && *text != '\t' && *text != '\n') ++text;
  return *text == '\0';
}

/// Past `prefix`, when `text` begins with it; null otherwise.
constexpr const char* past(const char* text, const char* prefix) {
  for (; *prefix != '\0'; ++prefix, ++text)
    if (*text != *prefix) return nullptr;
  return text;
}

/// The numbers of make's jobserver, among other flags.
constexpr void take_flags(const char* text, auto&& visit) {
  while (true) {
    const char* numbers = past(text, "--jobserver-auth=");
    if (numbers == nullptr) numbers = past(text, "--jobserver-fds=");
    if (numbers != nullptr)
      if (const char* const end = end_of_list(numbers); *end == '\0' || *end == ' ') each_number(numbers, end, visit);
    while (*text != '\0' && *text != ' ') ++text;
    if (*text++ == '\0') return;
  }
}

/// "/dev/fd/7", "/proc/self/fd/7/script".
constexpr bool take_path(const char* text, auto&& visit) {
  if (*text != '/') return false;
  const char* number = past(text, "/dev/fd/");
  if (number == nullptr) number = past(text, "/proc/self/fd/");
  if (number == nullptr || !is_digit(*number)) return false;
  const char* end = number;
  while (is_digit(*end)) ++end;
  if (*end != '\0' && (*end != '/' || !is_one_word(end))) return false;
  each_number(number, end, visit);
  return true;
}

}  // namespace detail
}  // namespace cloexec
