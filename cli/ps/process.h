// SPDX-License-Identifier: Apache-2.0
//
// A live process as /proc shows it, with its descriptors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/proc_folder.h"
#include "cli/ps/shim.h"
#include "cli/ps/unreadable.h"
#include "cli/ps/who.h"

namespace cloexec::cli {

struct OpenDescriptor {
  int fd = -1;
  bool is_inheritable = false;
  int access = 0;          // O_RDONLY, O_WRONLY or O_RDWR
  std::string link;        // as /proc/PID/fd has it
  std::uint32_t mode = 0;  // stat(2)'s; of inheritable ones only, as is the next
  std::string protocol;    // of a socket: "tcp", "netlink"
};

struct Process : Who {
  std::vector<std::string> shims;        // the mapped files of that name; with " (deleted)" when replaced
  std::optional<ShimSettings> settings;  // of the shim, when it is in and they can be known
  std::string network;                   // names its network namespace
  bool is_secure = false;                // it was started so that LD_PRELOAD does not count (cli/secure.h)
  bool starts_secure = false;            // what it starts now is
  std::vector<OpenDescriptor> descriptors;
};

/// Reads /proc/PID, held open in `folder`; throws Unreadable.
Process read_process(Who who, const ProcFolder& folder);
Process read_process(int pid, const ProcFolder& folder);

}  // namespace cloexec::cli
