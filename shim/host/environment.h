// SPDX-License-Identifier: Apache-2.0
//
// The variables of the environment that are the shim's, and how they are kept from the program's children. Nothing here
// makes a system call, takes memory or changes errno. An `environment` is a list as environ(7) has it, and ends in a
// null; who changes it meanwhile is not waited for.
#pragma once

#include <string_view>

namespace [[gnu::visibility("hidden")]] cloexec {

/// The values of CLOEXEC_*, as texts within the environment; null when not set. Of one that is set twice the first, as
/// getenv(3) has it.
struct Variables {
  const char* allow = nullptr;
  const char* audit = nullptr;
  const char* mode = nullptr;
  const char* policy = nullptr;
  const char* policy_file = nullptr;
  const char* profile = nullptr;
  const char* propagate = nullptr;
};

/// Finds the shim's variables in one pass.
Variables find_variables(char* const* environment);

/// Remembers which variables there are, as hashes, before the program changes them: the first 512. To be called once,
/// at load, with the list that the kernel has made (execve(2)).
void note_environment(char* const* environment);

/// Whether the program was started with this "NAME=VALUE", whatever has become of the texts since. A change in the
/// midst of one that has kept its length may not be seen; and true of every entry when there were 512 or more. May be
/// called in a signal handler and between fork and exec.
bool was_there_at_start(const char* entry);

/// Where the kernel put the texts of the environment: the first, and the last that is remembered. Null before
/// note_environment().
extern constinit const char* first_text;
extern constinit const char* last_text;
/// Whether a text lies where the kernel put those of the environment. Nobody writes a variable there to tell it to
/// another program: what was written there counts as what was.
inline bool is_original(const char* entry) { return entry >= first_text && entry <= last_text; }

/// Takes CLOEXEC_* out of the environment, in place. To be called at load, when no other thread reads it.
void forget_variables(char** environment);

/// Takes the shim out of LD_PRELOAD and CLOEXEC_* out of the environment, in place, before the program has seen it; and
/// LD_PRELOAD, too, when that is all it names (ld.so(8)). To be called at load, when no other thread reads it.
void leave_environment(char** environment);

/// A text that ends in a null byte, and an empty one for null.
constexpr std::string_view view(const char* text) { return text != nullptr ? text : std::string_view(); }

}  // namespace cloexec
