// SPDX-License-Identifier: Apache-2.0
//
// Which descriptors of a live process stay inheritable: what the user allows, and what a rule exempts whatever an exec
// to come may be.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>

#include "policy/number_set.h"
#include "policy/policy.h"
#include "trace/look.h"

namespace cloexec::seal {

/// What the user wants.
struct Rules {
  NumberSet allowed;
  std::span<const RuleSet> sets;
};

/// Why one is kept.
struct Kept {
  bool is_allowed = false;  // by its number; else by a rule
  const RuleSet* set = nullptr;
  const Rule* rule = nullptr;
};

class Keeper {
 public:
  /// `rules` must live as long as this.
  Keeper(const Rules& rules, pid_t process) : rules_(rules), look_(trace::look_at(process)) {}

  /// `link` is what /proc/PID/fd says of it. Nothing when it is not kept.
  std::optional<Kept> judge(int fd, const std::string& link) const;

 private:
  const Rules& rules_;
  trace::Look look_;
};

}  // namespace cloexec::seal
