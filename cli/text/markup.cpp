// SPDX-License-Identifier: Apache-2.0

#include "cli/text/markup.h"

#include <fmt/format.h>

#include "cli/text/characters.h"

namespace cloexec::cli {

std::string escaped(char32_t character) {
  switch (character) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    default:
      break;
  }
  if (character < 0x20 || character == 0x7F) return fmt::format("\\x{:02x}", static_cast<unsigned>(character));
  std::string result;
  append(result, is_harmless(character) ? character : U'\uFFFD');
  return result;
}

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) result += escaped(take_character(text));
  return result;
}

}  // namespace cloexec::cli
