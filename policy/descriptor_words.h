// SPDX-License-Identifier: Apache-2.0
//
// Which names speak of descriptors: --status-fd, LISTEN_FDS, APT::Keep-Fds, displayfd. Names speak by whole words, of
// which the last says what the number is: FD_COUNT is a count, --fdatasync no descriptor, OFFD no word. Sockets, pipes
// and what listens do not speak: programs count those (`-smp sockets=2`, `--pipe 4`), and call a port so (`--listen
// 80`).
#pragma once

#include <cstddef>
#include <string_view>

#include "catalogue/names.h"

namespace cloexec {
namespace detail {

/// What real programs write together with `fd`: Xorg, Xwayland, libfuse, sudo, QEMU, swtpm, debconf, bash, openconnect,
/// pppd, libvirt.
inline constexpr char joined_with_fd[] =
    "display\0listen\0init\0comm\0exec\0vhost\0client\0pwd\0read\0write\0xtrace\0vpn\0password\0log\0status\0handshake"
    "\0";

/// A name with such a word tells how many there are, or may be.
inline constexpr char words_of_quantity[] = "max\0min\0num\0limit\0count\0no\0";

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/// Takes the last word off `name`: letters, before which there is something else or the case changes, as in statusFd.
constexpr std::string_view take_last_word(std::string_view& name) {
  while (!name.empty() && !is_letter(name.back())) name.remove_suffix(1);
  std::size_t begin = name.size();
  for (bool has_risen = false; begin > 0 && is_letter(name[begin - 1]); --begin) {
    const bool is_high = is_upper(name[begin - 1]);
    if (has_risen && !is_high) break;
    has_risen = is_high;
  }
  std::string_view word = name;
  word.remove_prefix(begin);
  name.remove_suffix(word.size());
  return word;
}

/// Whether `word`, whatever its case, is one of a list of names.
constexpr bool is_one_of(const char* names, std::string_view word) {
  char lower[16] = {};
  if (word.empty() || word.size() > sizeof lower) return false;
  for (std::size_t i = 0; i < word.size(); ++i) lower[i] = to_lower(word[i]);
  return place_of(names, {lower, word.size()}) >= 0;
}

constexpr bool is_word_for_descriptors(std::string_view word) {
  if (!word.empty() && to_lower(word.back()) == 's') word.remove_suffix(1);
  if (word.size() < 2 || to_lower(word.back()) != 'd' || to_lower(word[word.size() - 2]) != 'f') return false;
  word.remove_suffix(2);
  return word.empty() || is_one_of(joined_with_fd, word);
}

}  // namespace detail

constexpr bool speaks_of_descriptors(std::string_view name) {
  if (!detail::is_word_for_descriptors(detail::take_last_word(name))) return false;
  while (!name.empty())
    if (detail::is_one_of(detail::words_of_quantity, detail::take_last_word(name))) return false;
  return true;
}

}  // namespace cloexec
