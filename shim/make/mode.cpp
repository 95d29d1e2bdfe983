// SPDX-License-Identifier: Apache-2.0

#include "shim/make/mode.h"

namespace cloexec {
namespace {

/// glibc reads this many characters of an fopen mode and no more (libio/fileops.c); musl reads all.
constexpr std::size_t window = 7;

/// What stands in ",ccs=" does not count: glibc misread it before 2.38, and an "e" too many does no harm.
bool has_e(std::string_view mode) {
  for (std::size_t i = 1; i < mode.size() && i < window && mode[i] != ','; ++i)
    if (mode[i] == 'e') return true;
  return false;
}

/// A letter within the window that changes nothing, so that it can make room for "e": one that is unknown or stands
/// twice. What follows a comma belongs to ",ccs=". 0 when there is none.
std::size_t redundant_letter(std::string_view mode) {
  constexpr std::string_view meaningful = "+xmc";
  for (std::size_t i = 1; i < window && mode[i] != ','; ++i)
    if (meaningful.find(mode[i]) == std::string_view::npos || mode.find(mode[i], 1) < i) return i;
  return 0;
}

}  // namespace

ForcedMode force_fopen_mode(std::string_view mode) {
  ForcedMode forced;
  forced.text[0] = '\0';
  forced.has_no_room = mode.empty() || mode.size() > longest_mode;
  if (forced.has_no_room || has_e(mode)) return forced;
  const std::size_t dropped = mode.size() >= window ? redundant_letter(mode) : 0;
  std::size_t to = 0;
  forced.text[to++] = mode[0];
  forced.text[to++] = 'e';
  for (std::size_t from = 1; from < mode.size(); ++from)
    if (from != dropped) forced.text[to++] = mode[from];
  forced.text[to] = '\0';
  return forced;
}

ForcedMode force_popen_mode(std::string_view mode) {
  ForcedMode forced;
  forced.text[0] = '\0';
  forced.has_no_room = mode.size() > longest_mode;
  if (forced.has_no_room || mode.find('e') != std::string_view::npos) return forced;
  std::size_t to = 0;
  for (const char c : mode) forced.text[to++] = c;
  forced.text[to++] = 'e';
  forced.text[to] = '\0';
  return forced;
}

}  // namespace cloexec
