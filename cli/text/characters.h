// SPDX-License-Identifier: Apache-2.0
//
// Names as they come, taken apart into characters that are safe to show: files may be called anything.
#pragma once

#include <string>
#include <string_view>

namespace cloexec::cli {

/// Takes one character off the front; U+FFFD for a byte that is no UTF-8.
char32_t take_character(std::string_view& text);

/// Whether the bytes that take_character() has taken are a character.
bool is_utf8(std::string_view bytes);

void append(std::string& text, char32_t character);

/// Neither a control character nor one that changes the direction of the text around it.
bool is_harmless(char32_t character);

/// How many columns of a terminal it takes; rather too many than too few.
unsigned columns_of(char32_t character);
unsigned columns_of(std::string_view text);

/// As much of the front of `text` as fits, taken off it.
std::string take_columns(std::string_view& text, std::size_t columns);

/// The ends of what is longer tell most.
std::string cut_in_middle(std::string_view text, std::size_t columns);

}  // namespace cloexec::cli
