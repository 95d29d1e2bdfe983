// SPDX-License-Identifier: Apache-2.0

#include "cli/unit/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "cli/text/characters.h"

namespace cloexec::cli {
namespace {

constexpr std::string_view blanks = " \t\n\r";

bool is_utf8_text(std::string_view text) {
  while (!text.empty()) {
    std::string_view rest = text;
    take_character(rest);
    if (!is_utf8(text.substr(0, text.size() - rest.size()))) return false;
    text = rest;
  }
  return true;
}

std::string in_quotes(const std::string& word, bool is_argument) {
  if (!is_utf8_text(word)) throw std::runtime_error(fmt::format("systemd takes UTF-8 only: {}", word));
  std::string result = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\')
      result.append("\\").append(1, c);
    else if (c == '%' || (is_argument && c == '$'))
      result.append(2, c);
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      result += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    else
      result += c;
  }
  return result + '"';
}

/// What stands behind a backslash, taken off `text`.
std::string take_escape(std::string_view& text) {
  constexpr std::string_view letters = "abfnrtvs\\\"'";
  constexpr std::string_view meanings = "\a\b\f\n\r\t\v \\\"'";
  if (text.empty()) return "\\";
  const char letter = text[0];
  text.remove_prefix(1);
  if (const std::size_t at = letters.find(letter); at != std::string_view::npos) return {meanings[at]};
  // \xHH and \OOO are bytes, \uHHHH and \UHHHHHHHH characters.
  const bool is_octal = letter >= '0' && letter <= '7';
  const std::size_t size = is_octal ? 3 : letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (is_octal) text = {text.data() - 1, text.size() + 1};
  unsigned code = 0;
  const char* const end = text.data() + std::min(size, text.size());
  if (size == 0 || std::from_chars(text.data(), end, code, is_octal ? 8 : 16).ptr != end) return {'\\', letter};
  text.remove_prefix(std::min(size, text.size()));
  std::string result;
  if (is_octal || letter == 'x')
    result = static_cast<char>(static_cast<unsigned char>(code));
  else
    append(result, code);
  return result;
}

}  // namespace

std::string quoted(const std::string& word) { return in_quotes(word, false); }

std::string quoted_argument(const std::string& word) { return in_quotes(word, true); }

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  char quote = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (c == '\\')
      ++end;
    else if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (blanks.find(c) != std::string_view::npos)
      break;
  }
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end, text.size()));
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return word;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  while (!text.empty()) {
    std::string& word = words.emplace_back();
    char quote = 0;
    for (std::string_view rest = take_word(text); !rest.empty();) {
      const char c = rest[0];
      rest.remove_prefix(1);
      if (c == '\\')
        word += take_escape(rest);
      else if (c == quote)
        quote = 0;
      else if (quote == 0 && (c == '"' || c == '\''))
        quote = c;
      else
        word += c;
    }
  }
  return words;
}

}  // namespace cloexec::cli
