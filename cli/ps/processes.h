// SPDX-License-Identifier: Apache-2.0
//
// Live processes, and what each would pass on at an exec.
#pragma once

#include <string>
#include <vector>

namespace cloexec::cli {

struct Inheritable {
  int fd = -1;
  std::string object;
  std::string target;
};

struct Process {
  int pid = 0;
  std::string comm;
  std::string exe;
  bool has_shim = false;
  std::vector<Inheritable> fds;  // above 2, in order
};

struct Unreadable {
  int pid;
  std::string why;
  std::string hint;
};

struct Processes {
  std::vector<Process> found;
  std::vector<Unreadable> unreadable;
};

/// Those that are named, or with none all that may be read; kernel threads have no program and are left out.
Processes read_processes(const std::vector<int>& pids);

}  // namespace cloexec::cli
