// SPDX-License-Identifier: Apache-2.0
//
// Words as systemd reads and writes them (systemd.syntax(7), systemd.service(5) "Command lines").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cloexec::cli {

/// In double quotes, with C escapes and no specifiers, for a setting such as Environment=. Throws std::runtime_error
/// when it is not UTF-8, which systemd refuses.
std::string quoted(const std::string& word);

/// For a command line, where "$" would begin a variable.
std::string quoted_argument(const std::string& word);

/// The words of a setting, without quotes and escapes; specifiers stay.
std::vector<std::string> words_of(std::string_view text);

/// Takes the first word off `text`, with the blanks behind it, and returns it as it is written.
std::string_view take_word(std::string_view& text);

}  // namespace cloexec::cli
