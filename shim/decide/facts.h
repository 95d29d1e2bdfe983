// SPDX-License-Identifier: Apache-2.0
//
// What the shim's rules are asked about: a call that makes a descriptor, or the start of a program that a descriptor
// could be given to. Each fact is found out when a rule looks at it.
#pragma once

#include <string_view>

#include "policy/policy.h"
#include "shim/decide/told.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Facts {
  Call call;
  const void* caller;
  int number;                  // -1 when it is not known yet
  const char* name = nullptr;  // the path
  const Start* start = nullptr;
  Told* told = nullptr;  // at a start
  bool own = false;      // at a start

  int fd() const { return number; }
  std::string_view path() const;
  std::string_view module() const;
  bool is_child() const;
  std::string_view target() const { return start != nullptr ? start->target() : std::string_view(); }
  bool is_announced() const { return told != nullptr && told->tells(number); }
  bool is_own() const { return own; }
};

/// What the rules say; `force` when none matches.
Decision ask_rules(const Facts& facts);

}  // namespace cloexec
