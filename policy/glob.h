// SPDX-License-Identifier: Apache-2.0
//
// Shell patterns: `*` any characters ('/' too), `?` one, `[a-z]` one of a set, `[!a-z]` one that is not, `\` takes the
// next as it is. Time is at most the product of the lengths, whatever the pattern.
#pragma once

#include <cstddef>
#include <string_view>

namespace cloexec {
namespace detail {

/// Matches one character against what stands at `at`, and moves past that. A '[' that nothing closes is a plain one.
constexpr bool match_one(std::string_view pattern, std::size_t& at, char c) {
  const char first = pattern[at++];
  if (first == '?') return true;
  if (first == '\\' && at < pattern.size()) return pattern[at++] == c;
  const std::size_t close = first == '['
                                ? pattern.find(']', at + 1 < pattern.size() && pattern[at] == '!' ? at + 2 : at + 1)
                                : std::string_view::npos;
  if (close == std::string_view::npos) return first == c;
  const bool negated = pattern[at] == '!';
  bool found = false;
  for (std::size_t i = negated ? at + 1 : at; i < close; ++i) {
    const bool is_range = i + 2 < close && pattern[i + 1] == '-';
    const char last = is_range ? pattern[i + 2] : pattern[i];
    found = found || (c >= pattern[i] && c <= last);
    if (is_range) i += 2;
  }
  at = close + 1;
  return found != negated;
}

}  // namespace detail

constexpr bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t seen = 0;
  // Where to go on when a character does not match: behind the last star, which then takes one character more.
  std::size_t behind_star = std::string_view::npos;
  std::size_t taken = 0;
  while (seen < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      behind_star = ++at;
      taken = seen;
      continue;
    }
    if (at < pattern.size() && detail::match_one(pattern, at, text[seen])) {
      ++seen;
      continue;
    }
    if (behind_star == std::string_view::npos) return false;
    at = behind_star;
    seen = ++taken;
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

/// What stands behind the last '/'.
constexpr std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path;
}

/// Calls visit(item) for each item of a comma-separated list until one says true; whether one did.
constexpr bool any_item(std::string_view list, auto&& visit) {
  while (true) {
    const std::size_t comma = list.find(',');
    std::string_view item = list;
    if (comma != std::string_view::npos) item.remove_suffix(list.size() - comma);
    if (visit(item)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

/// Whether one glob of `list` matches `path`: its base name, or all of it when the glob has a '/'.
constexpr bool matches_program(std::string_view list, std::string_view path) {
  return any_item(list, [&](std::string_view glob) {
    return matches_glob(glob, glob.find('/') == std::string_view::npos ? base_name(path) : path);
  });
}

}  // namespace cloexec
