// SPDX-License-Identifier: Apache-2.0
//
// Which descriptors a new program may keep. The policy decides, by the same code as in the shim.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>

#include "policy/number_set.h"
#include "policy/unseen.h"
#include "supervise/observer.h"
#include "supervise/origin.h"
#include "supervise/program.h"

namespace cloexec::supervise {

/// What the user wants, as of the start.
struct Rules {
  NumberSet allowed;
  std::span<const RuleSet> sets;
  bool trusts_shim = true;  // false: it does nothing (CLOEXEC_MODE=off)
};

class Judge {
 public:
  /// About a `process` that has just become `program`; what is known of it is still that of before.
  Judge(const Rules& rules, const Process& process, Program& program, const Descriptors& descriptors);

  Crossing judge(int fd);

 private:
  const Look* look();
  Crossing arrived(Crossing crossing) const;
  bool is_shims_business();
  const std::string& environment_before();

  const Rules& rules_;
  const Process& process_;
  Program& program_;
  const Descriptors& descriptors_;
  Origins origins_;
  pid_t witness_;  // a living task with the program that ends by this exec; 0 when there is none
  std::optional<std::string> environment_before_;
};

}  // namespace cloexec::supervise
