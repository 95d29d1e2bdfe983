// SPDX-License-Identifier: Apache-2.0
//
// What the shim's rules are asked about: a call that makes a descriptor, or the start of a program that a descriptor
// could be given to. Each fact is found out when a rule looks at it. Nothing here fails or changes errno, and all may
// be called in a signal handler and between fork and exec.
#pragma once

#include <string_view>

#include "policy/policy.h"
#include "shim/decide/told.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// What one question to the rules is about, with an answer for each key (policy/decide.h, CallFacts).
struct Facts {
  Call call;                     // the call of the catalogue
  const void* caller;            // an address in the code that made it
  int number;                    // the descriptor; -1 when it is not known yet
  const char* name = nullptr;    // the path, as the program wrote it
  const Start* start = nullptr;  // at a start
  Told* told = nullptr;          // at a start: what the new program is told
  bool own = false;              // at a start: whether this process has made the descriptor itself

  /// The number of the descriptor; -1 when it is not known yet.
  int fd() const { return number; }

  /// The path of the call, read where the program has it: a bad pointer faults here. At a start what the descriptor is,
  /// by a system call, valid until asked again. Empty when there is none.
  std::string_view path() const;

  /// The name that rules know the caller's module by: see module_in_rules().
  std::string_view module() const;

  /// Whether the call is made in a forked child, or makes one (posix_spawn(3)).
  bool is_child() const;

  /// The program that is being started; empty when none is.
  std::string_view target() const { return start != nullptr ? start->target() : std::string_view(); }

  /// Whether the new program is told the number; false when none is started.
  bool is_announced() const { return told != nullptr && told->tells(number); }

  /// Whether this process has made the descriptor itself; false when no program is started.
  bool is_own() const { return own; }
};

/// What the rules say, and the one that decides; `force` and no rule when none matches. It points into rule_sets().
Decision ask_rules(const Facts& facts);

}  // namespace cloexec
