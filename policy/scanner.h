// SPDX-License-Identifier: Apache-2.0
//
// Cuts a policy's text into words, and knows where each stands.
#pragma once

#include <cstddef>
#include <string_view>

namespace cloexec {

/// Reads a policy word by word: words end at blanks, statements at a newline or ';', comments run from '#' to the end
/// of the line, and double quotes hold all of these together.
class Scanner {
 public:
  struct Word {
    std::size_t begin = 0;
    std::size_t end = 0;
    unsigned line = 1;
    unsigned column = 1;
    bool is_closed = true;  // false: a quote is missing its end

    constexpr bool is_empty() const { return begin == end; }
    constexpr std::string_view of(std::string_view text) const {
      text.remove_prefix(begin);
      text.remove_suffix(text.size() - (end - begin));
      return text;
    }
  };

  constexpr explicit Scanner(std::string_view text) : text_(text) {}

  constexpr bool is_at_end() const { return at_ == text_.size(); }

  /// The next word of this statement; an empty one at the statement's end.
  constexpr Word next_word() {
    while (!is_at_end() && is_blank(text_[at_])) ++at_;
    if (!is_at_end() && text_[at_] == '#')
      while (!is_at_end() && text_[at_] != '\n') ++at_;
    Word word{at_, at_, line_, static_cast<unsigned>(at_ - line_begin_ + 1), true};
    while (!is_at_end() && !ends_word(text_[at_])) {
      if (text_[at_++] != '"') continue;
      while (!is_at_end() && text_[at_] != '"' && text_[at_] != '\n') ++at_;
      word.is_closed = !is_at_end() && text_[at_] == '"';
      if (!word.is_closed) break;
      ++at_;
    }
    word.end = at_;
    return word;
  }

  /// Leaves what is left of this statement, and the character that ends it.
  constexpr void skip_statement() {
    while (!next_word().is_empty()) {
    }
    if (is_at_end()) return;
    if (text_[at_++] == '\n') {
      ++line_;
      line_begin_ = at_;
    }
  }

 private:
  static constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
  static constexpr bool ends_word(char c) { return is_blank(c) || c == '\n' || c == ';' || c == '#'; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  unsigned line_ = 1;
};

}  // namespace cloexec
