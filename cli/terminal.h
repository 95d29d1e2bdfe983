// SPDX-License-Identifier: Apache-2.0
//
// How wide standard output is, and lines made to fit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cloexec::cli {

/// The columns of the terminal that standard output is, or else COLUMNS, or else `otherwise`.
unsigned width_of_output(unsigned otherwise);

/// `text` in lines of at most `width` characters (of UTF-8), broken at blanks where there are any; 0 is no limit. At
/// least one line.
std::vector<std::string> folded(std::string_view text, std::size_t width);

/// As lines of a last column that begins `indent` behind the margin; `width` is that of all, 0 if it has no end.
std::string folded_beside(std::size_t indent, std::string_view text, std::size_t width);

}  // namespace cloexec::cli
