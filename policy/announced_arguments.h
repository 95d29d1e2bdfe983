// SPDX-License-Identifier: Apache-2.0
//
// What a program's arguments announce. A word is read from its beginning, and no further than it could be an
// announcement.
#pragma once

#include <string_view>

#include "policy/agreements.h"
#include "policy/announced_numbers.h"
#include "policy/descriptor_words.h"

namespace cloexec {
namespace detail {

/// Reads an argument, and those behind it that it speaks of.
template <typename Visit>
class ArgumentReader {
 public:
  constexpr ArgumentReader(std::string_view target, Visit& visit) : agreements_(target), tell_{visit} {}

  constexpr void read(const char* const* argument) {
    argument_ = argument;
    const char* const word = tell_.by = *argument;
    tell_.behind = nullptr;
    if (*word == '-' && word[1] == '&')
      take_list(word + 2, tell_);
    else if (*word == '-')
      read_option(word);
    else if (*word == '/' || *word == '@')
      take_path(*word == '@' ? word + 1 : word, tell_);
    else
      read_keys(word);
  }

 private:
  /// `--status-fd=7`, `--status-fd 7`, `--fd8`, `-f/dev/fd/7`.
  constexpr void read_option(const char* word) {
    const std::string_view key = key_of(word);
    const char* const end = word + key.size();
    if (*end == '=') return is_digit(end[1]) ? take(place_behind(key), end + 1) : read_value(key, end + 1);
    if (*end == '\0' && read_behind(key)) return;
    if (key.size() == 2 && take_path(end, tell_)) return;
    if (word[1] == 'S') return read_terminal(word + 2);
    if (*end != '\0' || !is_digit(end[-1]) || !speaks_of_descriptors(key)) return;
    const char* number = end;
    while (is_digit(number[-1])) --number;
    each_number(number, end, tell_);
  }

  /// `fd=7,set=1`, `tap,fds=7:8`, `file=/dev/fd/7`, `fd://7`; pppd's `passwordfd 7`.
  constexpr void read_keys(const char* word) {
    for (const char* item = word;;) {
      const std::string_view key = key_of(item);
      const char* end = item + key.size();
      if (key.empty()) return;
      if (item == word && *end == '\0') return static_cast<void>(read_behind(key));
      if (item == word && *end == ':') return read_scheme(key, end + 1);
      if (*end == '=' && !is_digit(end[1])) {
        read_value(key, end + 1);
        // title=x,fd=7 is no list of items, but one whose value may be somebody else's words: swtpm's and QEMU's lists
        // begin with type=.
        if (item == word && !is_name("type", key)) return;
      }
      if (*end == '=' && is_digit(end[1]) && speaks_of_descriptors(key))
        if (const char* const last = end_of_list(end + 1); *last == '\0' || (last[-1] == ',' && is_one_word(last)))
          each_number(end + 1, last, tell_);
      // No further than a path, an address or a text, which may be somebody else's words.
      while (is_key_character(*end) || *end == '=' || *end == ':') ++end;
      if (*end != ',') return;
      item = end + 1;
    }
  }

  /// What stands behind `key=` may be somebody else's words: only a path says that it is meant.
  constexpr void read_value(std::string_view key, const char* value) {
    if (take_path(value, tell_) || agreements_.place_of(key) != Place::address_behind) return;
    const std::string_view scheme = key_of(value);
    if (value[scheme.size()] == ':') read_scheme(scheme, value + scheme.size() + 1);
  }

  /// OpenSSL's, kitty's and ImageMagick's `fd:7`; mpv's and VLC's `fd://7`, `fdclose://7`; FFmpeg's `pipe:7`.
  constexpr void read_scheme(std::string_view name, const char* rest) {
    if (const char* const behind_slashes = past(rest, "//"); behind_slashes != nullptr) rest = behind_slashes;
    if (is_one_of("fd\0fdclose\0pipe\0", name)) take_list(rest, tell_);
    if (is_one_of("file\0", name)) take_path(rest, tell_);
  }

  /// Whether the option `key` says that what stands in the next arguments are descriptors; tells them then.
  constexpr bool read_behind(std::string_view key) {
    const char* const next = argument_[1];
    const Place place = next != nullptr && is_digit(*next) ? place_behind(key) : Place::nowhere;
    if (place == Place::nowhere) return false;
    tell_.behind = next;
    take(place, next);
    tell_.behind = argument_[2];
    if ((place == Place::second_behind || place == Place::both_behind) && tell_.behind != nullptr)
      take_list(tell_.behind, tell_);
    return true;
  }

  /// Where `key` says that the number stands. GNU make's jobserver before 4.2 is called fds.
  constexpr Place place_behind(std::string_view key) {
    if (const Place place = agreements_.place_of(key); place != Place::nowhere) return place;
    const bool speaks = key[0] == '-' && (speaks_of_descriptors(key) || is_name("--jobserver-auth", key));
    return speaks ? Place::behind : Place::nowhere;
  }

  constexpr void take(Place place, const char* text) {
    if (place == Place::count_behind) take_count(text, tell_);
    if (place == Place::behind || place == Place::both_behind) take_list(text, tell_);
  }

  /// xterm(1): two letters of the terminal's name, or all of it and a '/'; then the number.
  constexpr void read_terminal(const char* name) {
    if (*name == '\0' || name[1] == '\0' || !is_one_word(name) || agreements_.place_of("-S") != Place::of_terminal)
      return;
    const char* number = name + 2;
    if (*name == '/')
      for (; *name != '\0'; ++name)
        if (*name == '/') number = name + 1;
    take_list(number, tell_);
  }

  Agreements agreements_;
  const char* const* argument_ = nullptr;
  Teller<Visit> tell_;
};

}  // namespace detail

/// Visits what `argument[0]` announces to the program `target`; behind it stand the arguments that follow, to a null.
constexpr void each_announcement_of_argument(std::string_view target, const char* const* argument, auto&& visit) {
  detail::ArgumentReader(target, visit).read(argument);
}

}  // namespace cloexec
