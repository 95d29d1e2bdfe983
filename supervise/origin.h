// SPDX-License-Identifier: Apache-2.0
//
// Where a descriptor comes from that a process still has after its exec: told from what its parent had when it was
// forked, and has now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "supervise/tree.h"
#include "trace/descriptors.h"

namespace cloexec::supervise {

enum class Origin : std::uint8_t {
  arrived,    // it was there when the program that execs began
  own,        // this process made it since it began; or its parent did, whose place it has taken
  cleared,    // its parent has it close-on-exec: this process has cleared the flag
  inherited,  // its parent made it, or has got it so
};

/// About a process that has just exec'd; what is known of it is still that of before.
class Origins {
 public:
  Origins(const Process& process, const Descriptors& descriptors);

  Origin of(int fd);

 private:
  bool has_arrived(int fd) const;
  bool is_inherited(int fd, bool is_parents) const;
  bool is_reopened_by_parent(int fd) const;
  bool is_common_and_marked(pid_t task, int fd) const;
  bool is_marked_by_an_ancestor(int fd, bool is_parents) const;
  bool was_own_of_the_gone(int fd);

  const Process& process_;
  const Descriptors& descriptors_;
  pid_t parent_ = 0;  // a task of it; 0 when it is gone
  std::optional<bool> is_parent_gone_;
};

/// A thread of the parent with the table that its child got; 0 when the parent is gone.
pid_t living_parent(const Birth& birth);

/// Writes down what the parent of a forked process had, before that may change: the lowest `most` numbers.
void settle(Birth& birth, std::size_t most = most_listed);

}  // namespace cloexec::supervise
