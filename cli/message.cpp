// SPDX-License-Identifier: Apache-2.0

#include "cli/message.h"

#include <fmt/color.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cli/text/characters.h"

namespace cloexec::cli {
namespace {

bool has_colours() { return isatty(STDERR_FILENO) == 1 && wants_colours(); }

std::string painted(std::string_view text, fmt::text_style style) {
  return has_colours() ? fmt::format(style, "{}", text) : std::string(text);
}

/// Standard error may be closed: the exit status still tells.
void write_error(const std::string& text) { std::fputs(text.c_str(), stderr); }

const fmt::text_style alarming = fmt::fg(fmt::terminal_color::red) | fmt::emphasis::bold;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::string_view line_of(std::string_view text, unsigned number) {
  for (; number > 1; --number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// The part of a long line around the column, and a caret under that.
void print_excerpt(std::string_view line, unsigned column) {
  constexpr std::size_t before = 60;
  constexpr std::size_t after = 40;
  const std::size_t at = std::min<std::size_t>(column - 1, line.size());
  std::size_t begin = at > before ? at - before : 0;
  while (begin < at && continues_character(line[begin])) ++begin;
  std::size_t end = std::min(at + after, line.size());
  while (end < line.size() && continues_character(line[end])) ++end;
  std::string indent;
  for (std::string_view before_column = line.substr(begin, at - begin); !before_column.empty();) {
    const char32_t character = take_character(before_column);
    indent += character == '\t' ? std::string("\t") : std::string(columns_of(character), ' ');
  }
  write_error(
      fmt::format("    {}\n    {}{}\n", printable(line.substr(begin, end - begin)), indent, painted("^", alarming)));
}

}  // namespace

std::string suggestion(const Likest& likest) {
  return likest.get().empty() ? "" : fmt::format(", did you mean '{}'?", likest.get());
}

bool wants_colours() {
  const char* unwanted = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (unwanted == nullptr || *unwanted == '\0') && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

Problem make_problem(std::string_view source, std::string_view text, const Complaint& complaint) {
  Problem problem{
      std::string(source), complaint.line, complaint.column, {}, std::string(line_of(text, complaint.line))};
  complaint.say([&](std::string_view part) { problem.what += part; });
  return problem;
}

void print(const Problem& problem) {
  const std::string place = fmt::format("{}:{}:{}:", printable(problem.source), problem.line, problem.column);
  write_error(fmt::format("{} {}\n", painted(place, fmt::emphasis::bold), printable(problem.what)));
  if (!problem.text.empty()) print_excerpt(problem.text, problem.column);
}

int fail(std::string_view what, std::string_view hint) {
  write_error(fmt::format("{} {}\n", painted("cloexec:", alarming), printable(what)));
  if (!hint.empty()) write_error(fmt::format("  {}\n", printable(hint)));
  return failed;
}

void say(std::string_view what) { write_error(fmt::format("cloexec: {}\n", printable(what))); }

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const char32_t character = take_character(text);
    append(result, character == '\t' || is_harmless(character) ? character : U'?');
  }
  return result;
}

}  // namespace cloexec::cli
