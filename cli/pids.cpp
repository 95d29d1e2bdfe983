// SPDX-License-Identifier: Apache-2.0

#include "cli/pids.h"

#include <fmt/format.h>

#include "cli/message.h"
#include "cli/proc_folder.h"

namespace cloexec::cli {

std::set<int> pids_from(const std::vector<std::string>& words) {
  std::set<int> pids;
  for (const std::string& word : words) {
    const int pid = number_from(word);
    if (pid <= 0) throw UsageError(fmt::format("a PID is a positive number, not '{}'", word));
    pids.insert(pid);
  }
  return pids;
}

}  // namespace cloexec::cli
