// SPDX-License-Identifier: Apache-2.0
//
// What the supervisor saw, for who wants to know it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace cloexec::supervise {

/// Why a descriptor reached a new program, or did not.
enum class Reason : std::uint8_t {
  allowed,  // by the allowlist
  arrived,  // it was there when the program that exec'd began, and more is not known
  cleared,  // the process cleared the flag itself
  shimmed,  // the shim is at work in the program that made it, and has decided
  exempt,   // by a rule
  leaked,   // nobody asked for it
};

struct Crossing {
  int fd = -1;
  std::string link;  // what it is, as /proc/PID/fd has it
  Reason reason = Reason::leaked;
  const RuleSet* set = nullptr;  // of a reason that is a rule
  const Rule* rule = nullptr;
  bool is_older = false;  // it was there when the program that execs began, which had got it for this reason
};

/// An exec, as the new program begins.
struct Exec {
  pid_t process = 0;
  std::string program;              // the path of what was started
  std::vector<Crossing> crossings;  // descriptors above 2
};

/// Called by the tracer, between two stops of the tree: what it does, the tree waits for.
class Observer {
 public:
  virtual ~Observer() = default;

  /// What it writes to, and the supervisor leaves open.
  virtual int descriptor() const = 0;

  /// A program begins: all descriptors above 2, with what is about to become of them.
  virtual void execed(const Exec& exec) = 0;

  /// Leaked descriptors of `process` were closed; `left` could not be, and have crossed.
  virtual void closed(pid_t process, const std::vector<int>& left) = 0;

  /// A program begins that may not be looked into, as it may be executed but not read.
  virtual void unseen(pid_t process) = 0;

  /// A program begins that is left alone with all that it starts.
  virtual void stepped_aside(pid_t process, std::string_view program) = 0;
};

}  // namespace cloexec::supervise
