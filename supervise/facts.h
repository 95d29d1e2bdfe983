// SPDX-License-Identifier: Apache-2.0
//
// What rules are asked of a descriptor whose program is looked at from outside; what the shim would know and nobody
// sees from outside is unknown.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "policy/unseen.h"
#include "supervise/trace.h"
#include "trace/look.h"

namespace cloexec::supervise {

/// Satisfies UnseenFacts.
struct Facts {
  int fd;
  std::string link;
  bool is_own;
  bool is_child;
  std::function<bool()> is_announced;
  std::string_view target;
  const Look* look;         // at the program that execs; null when nobody has it any more
  bool may_be_copy = true;  // of another, or received: in doubt a rule for such calls matches
  bool is_exec = false;     // about the exec; else about who made the descriptor

  Answer is_by(const CallSet& calls) const;
  Answer matches(const Rule& rule, std::string_view text, Key key) const;

 private:
  Answer is_for_program(const Rule& rule, std::string_view text) const;
  Answer is_by_module(std::string_view glob) const;
};

/// The first rule of all that exempts the descriptor: by who made it, or by the exec. Its verdict is `force` when none
/// does.
Decision find_exemption(std::span<const RuleSet> sets, Facts& facts);

}  // namespace cloexec::supervise
