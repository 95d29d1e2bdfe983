// SPDX-License-Identifier: Apache-2.0

#include "shim/environment.h"

#include <sys/auxv.h>

#include <cstdint>
#include <cstring>

#include "policy/glob.h"
#include "shim/find_next.h"

namespace cloexec {
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

/// The texts that the kernel put there, one behind the other (execve(2)).
constinit const char* begin = nullptr;
constinit const char* end = nullptr;

}  // namespace

void note_environment(char* const* environment) {
  constexpr std::uintptr_t longest = std::uintptr_t{6} * 1024 * 1024;  // what the kernel takes at most, by execve(2)
  const auto* const behind_variables = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  const char* const first = environment[0];
  // What another library's constructor has put there lies elsewhere.
  if (reinterpret_cast<std::uintptr_t>(behind_variables) - reinterpret_cast<std::uintptr_t>(first) > longest) return;
  begin = first;
  end = behind_variables;
}

bool was_there_at_start(const char* entry) {
  if (entry >= begin && entry < end) return true;
  const std::size_t size = std::strlen(entry) + 1;
  for (const char* at = begin; at < end; ++at) {
    if (static_cast<std::size_t>(end - at) >= size && std::memcmp(at, entry, size) == 0) return true;
    const void* behind_text = std::memchr(at, '\0', static_cast<std::size_t>(end - at));
    if (behind_text == nullptr) return false;
    at = static_cast<const char*>(behind_text);
  }
  return false;
}

Variables find_variables(char* const* environment) {
  Variables found;
  for (; *environment != nullptr; ++environment) {
    const char* name = behind(*environment, "CLOEXEC_");
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
