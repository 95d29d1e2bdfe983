// SPDX-License-Identifier: Apache-2.0

#include "cli/text/characters.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cloexec::cli {
namespace {

constexpr char32_t no_character = 0xFFFD;

using Range = std::pair<char32_t, char32_t>;

template <std::size_t size>
bool is_in(const std::array<Range, size>& ranges, char32_t character) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [=](const Range& range) { return range.first <= character && character <= range.second; });
}

char low_byte(char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits & 0xFFU)); }

}  // namespace

char32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  std::size_t size = 1;
  char32_t character = first;
  char32_t least = 0;
  if (first >= 0xF0 && first < 0xF8) {
    size = 4;
    character = first & 0x07U;
    least = 0x10000;
  } else if (first >= 0xE0 && first < 0xF0) {
    size = 3;
    character = first & 0x0FU;
    least = 0x800;
  } else if (first >= 0xC0 && first < 0xE0) {
    size = 2;
    character = first & 0x1FU;
    least = 0x80;
  } else if (first >= 0x80) {
    character = no_character;
  }
  bool is_whole = size <= text.size();
  for (std::size_t i = 1; is_whole && i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    is_whole = (next & 0xC0U) == 0x80U;
    character = (character << 6U) | (next & 0x3FU);
  }
  const bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (!is_whole || character < least || character > 0x10FFFF || is_surrogate) {
    text.remove_prefix(1);
    return no_character;
  }
  text.remove_prefix(size);
  return character;
}

bool is_utf8(std::string_view bytes) { return bytes.size() > 1 || static_cast<unsigned char>(bytes[0]) < 0x80; }

void append(std::string& text, char32_t character) {
  if (character < 0x80) {
    text += low_byte(character);
    return;
  }
  if (character < 0x800) {
    text += low_byte(0xC0U | (character >> 6U));
  } else {
    if (character < 0x10000) {
      text += low_byte(0xE0U | (character >> 12U));
    } else {
      text += low_byte(0xF0U | (character >> 18U));
      text += low_byte(0x80U | ((character >> 12U) & 0x3FU));
    }
    text += low_byte(0x80U | ((character >> 6U) & 0x3FU));
  }
  text += low_byte(0x80U | (character & 0x3FU));
}

bool is_harmless(char32_t character) {
  static constexpr std::array<Range, 8> harmful = {{{0x00, 0x1F},
                                                    {0x7F, 0x9F},
                                                    {0x61C, 0x61C},
                                                    {0x200B, 0x200F},
                                                    {0x2028, 0x202E},
                                                    {0x2060, 0x206F},
                                                    {0xFEFF, 0xFEFF},
                                                    {0xFFFE, 0xFFFF}}};
  return !is_in(harmful, character);
}

unsigned columns_of(char32_t character) {
  static constexpr std::array<Range, 11> wide = {{{0x1100, 0x115F},
                                                  {0x2329, 0x232A},
                                                  {0x2E80, 0xA4CF},
                                                  {0xAC00, 0xD7A3},
                                                  {0xF900, 0xFAFF},
                                                  {0xFE10, 0xFE19},
                                                  {0xFE30, 0xFE6F},
                                                  {0xFF00, 0xFF60},
                                                  {0xFFE0, 0xFFE6},
                                                  {0x1F000, 0x1FAFF},
                                                  {0x20000, 0x3FFFD}}};
  return is_in(wide, character) ? 2 : 1;
}

unsigned columns_of(std::string_view text) {
  unsigned columns = 0;
  while (!text.empty()) columns += columns_of(take_character(text));
  return columns;
}

std::string take_columns(std::string_view& text, std::size_t columns) {
  const std::string_view whole = text;
  for (std::size_t used = 0; !text.empty();) {
    std::string_view rest = text;
    used += columns_of(take_character(rest));
    if (used > columns) break;
    text = rest;
  }
  return std::string(whole.substr(0, whole.size() - text.size()));
}

std::string cut_in_middle(std::string_view text, std::size_t columns) {
  const std::size_t all = columns_of(text);
  if (all <= columns) return std::string(text);
  if (columns < 2) return std::string(columns, '.');
  const std::size_t behind = columns / 2;
  std::string result = take_columns(text, columns - behind - 1) + "…";
  while (columns_of(text) > behind) take_character(text);
  return result.append(text);
}

}  // namespace cloexec::cli
