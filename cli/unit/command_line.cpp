// SPDX-License-Identifier: Apache-2.0

#include "cli/unit/command_line.h"

#include <algorithm>
#include <string_view>

#include "cli/unit/syntax.h"

namespace cloexec::cli {
namespace {

CommandLine command_line(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of("-@:+!|"), text.size());
  CommandLine line{std::string(text.substr(0, begin)), std::string(text.substr(begin)), {}};
  std::string_view rest = line.text;
  const std::vector<std::string> program = words_of(take_word(rest));
  if (program.size() == 1 && program[0].find('%') == std::string::npos) line.program = program[0];
  return line;
}

}  // namespace

std::vector<CommandLine> command_lines(const std::vector<std::string>& assignments) {
  std::vector<CommandLine> lines;
  for (const std::string& assignment : assignments) {
    std::string_view rest = assignment;
    const char* begin = rest.data();
    while (!rest.empty()) {
      const std::string_view word = take_word(rest);
      const bool is_end = word == ";";
      const std::string_view text(begin, static_cast<std::size_t>(word.data() - begin) + (is_end ? 0 : word.size()));
      if ((is_end || rest.empty()) && !text.empty()) lines.push_back(command_line(text));
      if (is_end) begin = rest.data();
    }
  }
  return lines;
}

}  // namespace cloexec::cli
