// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/line_hash.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "cli/text/characters.h"

namespace cloexec::cli {
namespace {

constexpr std::size_t window = 100;
constexpr std::uint64_t base = 37;
constexpr std::uint64_t end_of_file = 0xFFFF;

/// A text as it is hashed: without blanks and tabs, each end of a line one character.
struct Characters {
  std::vector<std::uint64_t> all;
  std::vector<std::size_t> lines;  // where each begins
};

/// JavaScript's strings consist of UTF-16.
void append_utf16(std::vector<std::uint64_t>& units, char32_t character) {
  if (character < 0x10000) {
    units.push_back(character);
    return;
  }
  character -= 0x10000;
  units.push_back(0xD800 + (character >> 10U));
  units.push_back(0xDC00 + (character & 0x3FFU));
}

Characters characters_of(std::string_view text) {
  Characters result;
  bool begins_line = true;
  bool was_return = false;
  const auto add = [&](char32_t character) {
    if (begins_line) result.lines.push_back(result.all.size());
    begins_line = character == '\n';
    append_utf16(result.all, character);
  };
  while (!text.empty()) {
    const char32_t character = take_character(text);
    const bool is_second = character == '\n' && was_return;
    was_return = character == '\r';
    if (character == ' ' || character == '\t' || is_second) continue;
    add(character == '\r' ? '\n' : character);
  }
  add(end_of_file);
  result.all.resize(result.all.size() + window, 0);
  return result;
}

std::uint64_t hash_from(const Characters& characters, std::size_t begin) {
  std::uint64_t hash = 0;
  for (std::size_t i = begin; i < begin + window; ++i) hash = hash * base + characters.all[i];
  return hash;
}

}  // namespace

std::string line_hash(std::string_view text, unsigned line) {
  const Characters characters = characters_of(text);
  if (line == 0 || line > characters.lines.size()) return {};
  std::unordered_map<std::uint64_t, unsigned> times;
  std::uint64_t hash = 0;
  for (unsigned i = 0; i < line; ++i) {
    hash = hash_from(characters, characters.lines[i]);
    ++times[hash];
  }
  return fmt::format("{:x}:{}", hash, times[hash]);
}

}  // namespace cloexec::cli
