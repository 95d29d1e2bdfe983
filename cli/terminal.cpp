// SPDX-License-Identifier: Apache-2.0

#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace cloexec::cli {
namespace {

/// A table has no room in less.
constexpr int narrowest = 40;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// How many bytes the first `width` characters have.
std::size_t prefix(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  for (; at < text.size() && width > 0; --width) {
    ++at;
    while (at < text.size() && continues_character(text[at])) ++at;
  }
  return at;
}

}  // namespace

unsigned width_of_output(unsigned otherwise) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= narrowest) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  const int given = columns != nullptr ? std::atoi(columns) : 0;
  return given >= narrowest ? static_cast<unsigned>(given) : otherwise;
}

std::vector<std::string> folded(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (width > 0 && prefix(text, width) < text.size()) {
    std::size_t end = prefix(text, width);
    std::size_t next = end;
    // A blank right behind the line may go, too.
    if (const std::size_t blank = text.rfind(' ', end); blank != std::string_view::npos && blank > 0) {
      end = blank;
      next = blank + 1;
    }
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(next);
  }
  lines.emplace_back(text);
  return lines;
}

std::string folded_beside(std::size_t indent, std::string_view text, std::size_t width) {
  std::string lines;
  for (const std::string& line : folded(text, width > indent ? width - indent : 0)) {
    if (!lines.empty()) lines.append(indent, ' ');
    lines.append(line).append("\n");
  }
  return lines;
}

}  // namespace cloexec::cli
