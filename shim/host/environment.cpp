// SPDX-License-Identifier: Apache-2.0

#include "shim/host/environment.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "policy/glob.h"
#include "shim/host/find_next.h"

namespace cloexec {

constinit const char* first_text = nullptr;
constinit const char* last_text = nullptr;

namespace {

/// Behind `prefix`, when `text` begins with it; else null.
const char* behind(const char* text, const char* prefix) {
  while (*prefix != '\0')
    if (*text++ != *prefix++) return nullptr;
  return text;
}

void take_value(const char* entry, const char* name, const char*& value) {
  // Of several, getenv(3) takes the first.
  const char* rest = value == nullptr ? behind(entry, name) : nullptr;
  if (rest != nullptr && *rest == '=') value = rest + 1;
}

/// ld.so(8): entries end at colons or blanks.
constexpr bool ends_entry(char c) { return c == '\0' || c == ':' || c == ' '; }

/// Takes every entry that names this library out of the list.
void remove_library(char* list, std::string_view library) {
  char* to = list;
  for (const char* from = list; *from != '\0';) {
    std::size_t size = 0;
    while (!ends_entry(from[size])) ++size;
    const char* next = from + size + (from[size] != '\0' ? 1 : 0);
    if (size > 0 && base_name({from, size}) != library) {
      if (to != list) *to++ = ':';
      std::memmove(to, from, size);
      to += size;
    }
    from = next;
  }
  *to = '\0';
}

/// What the program was started with, as hashes: it may overwrite the texts and move the list (setproctitle(3bsd)), and
/// to copy them could take megabytes. Of more variables than these nothing is known.
constexpr unsigned most_variables = 512;
constinit std::uint32_t hashes[most_variables] = {};
constinit unsigned variable_count = 0;

std::uint64_t read_eight(const char* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Of the length, the first and the last eight bytes: enough to see a change of a number, in few instructions. What
/// differs elsewhere only counts as not changed.
[[gnu::always_inline]] inline std::uint32_t hash_of(const char* text, std::size_t size) {
  std::uint64_t hash = size;
  if (size >= sizeof(std::uint64_t)) [[likely]]
    hash += read_eight(text) * 0x9e3779b97f4a7c15 ^ read_eight(text + size - sizeof(std::uint64_t));
  else
    for (std::size_t i = 0; i < size; ++i) hash = hash * 31 + static_cast<unsigned char>(text[i]);
  return static_cast<std::uint32_t>(hash * 0xff51afd7ed558ccd >> 32);
}

}  // namespace

void note_environment(char* const* environment) {
  unsigned count = 0;
  first_text = *environment;
  for (; *environment != nullptr && count < most_variables; ++environment) {
    // The kernel puts them one behind the other (execve(2)).
    const char* const text = *environment;
    auto size = static_cast<std::size_t>(environment[1] - text) - 1;
    constexpr std::size_t longest = 4096;
    if (size >= longest || text[size] != '\0') size = std::strlen(text);
    hashes[count++] = hash_of(text, size);
  }
  variable_count = count;
  last_text = count > 0 ? environment[-1] : nullptr;
}

bool was_there_at_start(const char* entry) {
  if (variable_count == most_variables) return true;
  const std::uint32_t hash = hash_of(entry, std::strlen(entry));
  for (unsigned i = 0; i < variable_count; ++i)
    if (hashes[i] == hash) return true;
  return false;
}

Variables find_variables(char* const* environment) {
  Variables found;
  for (; *environment != nullptr; ++environment) {
    const char* const name = **environment == 'C' ? behind(*environment, "CLOEXEC_") : nullptr;
    if (name == nullptr) continue;
    take_value(name, "ALLOW", found.allow);
    take_value(name, "AUDIT", found.audit);
    take_value(name, "MODE", found.mode);
    take_value(name, "POLICY", found.policy);
    take_value(name, "POLICY_FILE", found.policy_file);
    take_value(name, "PROFILE", found.profile);
    take_value(name, "PROPAGATE", found.propagate);
  }
  return found;
}

void forget_variables(char** environment) {
  char** to = environment;
  for (char** from = environment; *from != nullptr; ++from)
    if (behind(*from, "CLOEXEC_") == nullptr) *to++ = *from;
  *to = nullptr;
}

void leave_environment(char** environment) {
  forget_variables(environment);
  const std::string_view library = base_name(own_path());
  char** to = environment;
  for (char** from = environment; *from != nullptr; ++from) {
    if (behind(*from, "LD_PRELOAD=") != nullptr) {
      char* list = *from + std::strlen("LD_PRELOAD=");
      remove_library(list, library);
      if (*list == '\0') continue;
    }
    *to++ = *from;
  }
  *to = nullptr;
}

}  // namespace cloexec
