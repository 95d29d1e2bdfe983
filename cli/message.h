// SPDX-License-Identifier: Apache-2.0
//
// How the command speaks to people: problems with their place and a caret, failures with a hint; in colour on a
// terminal only. What comes from outside is made harmless to terminals first.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "policy/complaint.h"
#include "policy/likeness.h"

namespace cloexec::cli {

/// cloexec itself fails, as env(1) has it.
inline constexpr int failed = 125;

/// A command line that --help would have helped with.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Something wrong with a text that the user wrote.
struct Problem {
  std::string source;
  unsigned line = 1;
  unsigned column = 1;
  std::string what;
  std::string text = {};  // the line; empty when the problem is the source itself
};

Problem make_problem(std::string_view source, std::string_view text, const Complaint& complaint);

/// "SOURCE:LINE:COLUMN: what", then the line and a caret under the column; on standard error.
void print(const Problem& problem);

/// "cloexec: what", then the hint when there is one; on standard error. Returns `failed`.
int fail(std::string_view what, std::string_view hint = {});

/// ", did you mean 'WORD'?"; empty when no known word is near.
std::string suggestion(const Likest& likest);

/// "cloexec: what", on standard error.
void say(std::string_view what);

/// "1 program", "2 programs".
std::string counted(std::size_t count, std::string_view one, std::string_view many);

/// Whether the user has not refused them: NO_COLOR counts when it is not empty (no-color.org).
bool wants_colours();

/// `text` made harmless to a terminal: '?' for control characters and for those that turn the text around them, U+FFFD
/// for what is not UTF-8.
std::string printable(std::string_view text);

}  // namespace cloexec::cli
