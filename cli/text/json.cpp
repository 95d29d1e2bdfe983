// SPDX-License-Identifier: Apache-2.0

#include "cli/text/json.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text/characters.h"

namespace cloexec::cli {
namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t escape_size = 3;  // behind the backslash: "xff"

/// The byte that `text` begins with, of those that UTF-8 has beyond ASCII: "xc3"; negative when there is none.
int escaped_at(std::string_view text) {
  if (text.size() < escape_size || text[0] != 'x') return -1;
  const std::size_t high = digits.find(text[1]);
  const std::size_t low = digits.find(text[2]);
  const bool is_escape = high != std::string_view::npos && low != std::string_view::npos && high >= 8;
  return is_escape ? static_cast<int>(high * 16 + low) : -1;
}

void change_strings(Json& json, std::string (*change)(std::string_view)) {
  if (auto* text = json.get_ptr<std::string*>())
    *text = change(*text);
  else
    for (Json& part : json)
      if (part.is_structured() || part.is_string()) change_strings(part, change);
}

}  // namespace

std::string escaped_bytes(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t slashes = std::min(bytes.find_first_not_of('\\'), bytes.size());
    bytes.remove_prefix(slashes);
    std::string_view rest = bytes;
    if (!rest.empty()) take_character(rest);
    const std::string_view character = bytes.substr(0, bytes.size() - rest.size());
    const bool is_byte = !character.empty() && !is_utf8(character);
    text.append(is_byte || escaped_at(bytes) >= 0 ? 2 * slashes : slashes, '\\');
    if (is_byte)
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(character[0]));
    else
      text += character;
    bytes = rest;
  }
  return text;
}

std::string unescaped_bytes(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    const std::size_t slashes = std::min(text.find_first_not_of('\\'), text.size());
    text.remove_prefix(slashes);
    const int byte = slashes > 0 ? escaped_at(text) : -1;
    bytes.append(byte < 0 ? slashes : slashes / 2, '\\');
    if (byte >= 0 && slashes % 2 == 1) {
      bytes += static_cast<char>(byte);
      text.remove_prefix(escape_size);
    } else {
      bytes += text.substr(0, 1);
      text.remove_prefix(std::min<std::size_t>(1, text.size()));
    }
  }
  return bytes;
}

std::string written(Json json) {
  change_strings(json, escaped_bytes);
  return json.dump(2) + "\n";
}

Json parsed_json(std::string_view text) {
  Json json = Json::parse(text);
  change_strings(json, unescaped_bytes);
  return json;
}

}  // namespace cloexec::cli
