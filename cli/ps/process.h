// SPDX-License-Identifier: Apache-2.0
//
// A live process as /proc shows it, with its descriptors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/proc_folder.h"

namespace cloexec::cli {

struct Descriptor {
  int fd = -1;
  bool is_inheritable = false;
  int access = 0;          // O_RDONLY, O_WRONLY or O_RDWR
  std::string link;        // as /proc/PID/fd has it
  std::uint32_t mode = 0;  // stat(2)'s; of inheritable ones only, as is the next
  std::string protocol;    // of a socket: "tcp", "netlink"
};

struct Process {
  int pid = 0;
  std::string comm;
  std::string exe;                 // its path; with " (deleted)" when it was replaced
  std::vector<std::string> shims;  // the mapped files of that name; with " (deleted)" when replaced
  std::string network;             // names its network namespace
  bool is_secure = false;          // it was started so that LD_PRELOAD does not count (cli/secure.h)
  bool starts_secure = false;      // what it starts now is
  std::vector<Descriptor> descriptors;
};

/// What keeps a process from being read.
enum class Obstacle {
  gone,       // there is none, or no longer
  ended,      // a zombie: its descriptors are closed
  kernel,     // a kernel thread, which has none
  forbidden,  // another user's, or one that protects itself
};

struct Unreadable {
  Obstacle why;
  std::string comm;  // empty when unknown
};

/// Reads /proc/PID, held open in `folder`; throws Unreadable.
Process read_process(int pid, const ProcFolder& folder);

/// /proc/PID; throws Unreadable.
ProcFolder open_process(int pid);

}  // namespace cloexec::cli
