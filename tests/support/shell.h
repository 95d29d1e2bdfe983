// SPDX-License-Identifier: Apache-2.0
//
// Runs a shell command for a test and keeps what it printed. The test itself is never preloaded: LD_PRELOAD stands in
// the command.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

struct Outcome {
  int status = -1;  // as the shell says it: 128+N for a signal
  std::string output;
};

inline Outcome run_in_shell(const std::string& command) {
  Outcome outcome;
  FILE* const stream = popen(("{ " + command + "\n} 2>&1").c_str(), "re");
  if (stream == nullptr) return outcome;
  for (int c; (c = std::fgetc(stream)) != EOF;) outcome.output += static_cast<char>(c);
  const int status = pclose(stream);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

inline std::string quoted(const std::string& word) { return "'" + word + "'"; }

/// What a probe says under the shim, from what it says bare.
inline std::string with_flags_set(std::string output) {
  constexpr std::string_view clear = "cloexec=0";
  for (std::size_t at = 0; (at = output.find(clear, at)) != std::string::npos;) output[at + clear.size() - 1] = '1';
  return output;
}

/// The lines "word word key=value ..." of an output, by their first two words: what follows them.
inline std::map<std::string, std::string> lines_by_name(const std::string& output) {
  std::map<std::string, std::string> lines;
  std::istringstream text(output);
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string first, second, rest;
    words >> first >> second;
    std::getline(words >> std::ws, rest);
    lines[first + " " + second] = rest;
  }
  return lines;
}
