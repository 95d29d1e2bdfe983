// SPDX-License-Identifier: Apache-2.0
//
// Which of all processes are asked for: all conditions that are given have to hold.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "cli/proc_folder.h"
#include "cli/ps/who.h"

namespace cloexec::cli {

struct Selection {
  std::string units;  // comma-separated globs, as are the next; empty: not asked
  std::string names;
  std::optional<uid_t> user;

  [[nodiscard]] bool is_everything() const { return units.empty() && names.empty() && !user; }

  /// By what every user may see of a process, and by its executable where that may be read.
  [[nodiscard]] bool takes(const Who& process, const ProcFolder& folder) const;
};

}  // namespace cloexec::cli
