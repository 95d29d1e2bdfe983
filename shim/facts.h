// SPDX-License-Identifier: Apache-2.0
//
// What the shim's rules are asked about: a call that makes a descriptor, or the start of a program that a descriptor
// could be given to. Each fact is found out when a rule looks at it.
#pragma once

#include <string_view>

#include "policy/policy.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Facts;
struct Start;

/// The numbers that stand anywhere in what a program is told, modulo their count. A hint: telling for sure takes
/// longer, and there may be a thousand descriptors and fifty thousand arguments.
struct Hints {
  static constexpr unsigned count = 4096;

  bool are_known = false;
  std::uint32_t bits[count / 32];

  void add_numbers_of(const char* text);
  void find(const Start& about);
  bool may_tell(int fd) const { return (bits[static_cast<unsigned>(fd) % count / 32] >> fd % 32 & 1U) != 0; }
};

/// A program about to be started.
struct Start {
  Call call;
  const void* caller;
  const char* program;  // as it was named; null when only a descriptor names it
  char* const* arguments;
  char* const* environment;
  int program_fd = -1;  // fexecve(3): what a script's interpreter will open
  Hints* hints = nullptr;

  /// Whether the new program is told this number.
  bool tells(int fd) const;

  /// What rules are asked of descriptor `fd` at this start.
  Facts facts(int fd) const;
};

struct Facts {
  Call call;
  const void* caller;
  int number;                  // -1 when it is not known yet
  const char* name = nullptr;  // the path
  const Start* start = nullptr;

  int fd() const { return number; }
  std::string_view path() const;
  std::string_view module() const;
  bool is_child() const;
  std::string_view target() const;
  bool is_announced() const { return start != nullptr && start->tells(number); }
};

inline Facts Start::facts(int fd) const { return {call, caller, fd, nullptr, this}; }

/// What the rules say; `force` when none matches.
Decision ask_rules(const Facts& facts);

}  // namespace cloexec
