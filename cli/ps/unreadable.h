// SPDX-License-Identifier: Apache-2.0
//
// What keeps a process from being read.
#pragma once

#include <string>
#include <system_error>

#include "cli/proc_folder.h"

namespace cloexec::cli {

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

/// Whether the error says that what was to be read is no longer there.
bool has_ended(const std::system_error& error);

/// Whether it says that it may not be read.
bool is_forbidden(const std::system_error& error);

/// What an error in reading /proc/PID means; throws those that are neither. What has ended looks forbidden for a
/// moment: only a live process can be asked whether it may be read.
Unreadable unreadable(const std::system_error& error, const ProcFolder& folder, const std::string& comm);

}  // namespace cloexec::cli
