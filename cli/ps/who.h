// SPDX-License-Identifier: Apache-2.0
//
// Who a process is, as far as every user may see it, so that those that cannot be read are named, too, and chosen by
// the same words.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>

#include "cli/describe/units.h"
#include "cli/proc_folder.h"
#include "cli/ps/unreadable.h"

namespace cloexec::cli {

struct Who {
  int pid = 0;
  int parent = 0;
  std::string comm;
  std::string exe;  // its path; with " (deleted)" when it was replaced; empty when it may not be read
  uid_t user = 0;   // the effective one
  Units units;
  std::chrono::system_clock::time_point started;  // to some 10 ms, and as the clock is set now

  /// Else there is the number alone.
  [[nodiscard]] bool is_known() const { return parent != 0 || !comm.empty(); }
};

/// /proc/PID; throws Unreadable.
ProcFolder open_process(int pid);

/// Of /proc/PID, held open in `folder`; throws Unreadable.
Who identify(int pid, const ProcFolder& folder);

/// Throws Unreadable when it has ended, or is a thread of the kernel's.
void refuse_others(const ProcFolder& folder, const std::string& comm);

/// What a link says; empty where there is none.
std::string link_in(const ProcFolder& folder, const std::string& name);

/// The path of the executable, whether it was replaced or not.
std::string_view program_of(const Who& process);

}  // namespace cloexec::cli
