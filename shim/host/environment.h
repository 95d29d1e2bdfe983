// SPDX-License-Identifier: Apache-2.0
//
// The variables of the environment that are the shim's, and how they are kept from the program's children.
#pragma once

#include <string_view>

namespace [[gnu::visibility("hidden")]] cloexec {

/// Their values; null when not set.
struct Variables {
  const char* allow = nullptr;
  const char* audit = nullptr;
  const char* mode = nullptr;
  const char* policy = nullptr;
  const char* policy_file = nullptr;
  const char* profile = nullptr;
  const char* propagate = nullptr;
};

Variables find_variables(char* const* environment);

/// Remembers what they are, before the program changes them.
void note_environment(char* const* environment);

/// Whether the program was started with this "NAME=VALUE", whatever has become of the texts since. A change in the
/// midst of one that has kept its length may not be seen.
bool was_there_at_start(const char* entry);

/// Where the kernel put the texts, the first and the last of them. Nobody writes a variable there to tell it to another
/// program: what was written there counts as what was.
extern constinit const char* first_text;
extern constinit const char* last_text;
inline bool is_original(const char* entry) { return entry >= first_text && entry <= last_text; }

/// Takes CLOEXEC_* out of the environment, in place.
void forget_variables(char** environment);

/// Takes the shim out of LD_PRELOAD and CLOEXEC_* out of the environment, in place, before the program has seen it.
void leave_environment(char** environment);

/// Empty for null.
constexpr std::string_view view(const char* text) { return text != nullptr ? text : std::string_view(); }

}  // namespace cloexec
