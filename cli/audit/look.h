// SPDX-License-Identifier: Apache-2.0
//
// What can be seen of processes from outside, while they live.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/describe/description.h"

namespace cloexec::cli {

struct Look {
  /// What descriptors of a process are, with sockets' addresses; empty what is gone or may not be read.
  std::function<std::vector<Description>(int pid, const std::vector<int>& fds)> descriptors;

  /// What keeps the shim out of the program that a process runs; empty when that is not known.
  std::function<std::string(int pid)> obstacle;

  /// Whether there is no such process any more.
  std::function<bool(int pid)> is_gone;

  /// The arguments of `program`, if that is still what the process runs; else none.
  std::function<std::vector<std::string>(int pid, const std::string& program)> arguments;

  /// What a thread of a process is called; empty when it is gone.
  std::function<std::string(int pid, int tid)> thread_name = {};
};

/// At the processes of this machine.
Look look_at_processes();

}  // namespace cloexec::cli
