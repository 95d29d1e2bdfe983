// SPDX-License-Identifier: Apache-2.0
//
// The shim in a live process, and what it goes by, as far as that can be seen from outside: it reads its settings when
// it is loaded, and the kernel goes on to show the environment that it read them from.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/proc_folder.h"

namespace cloexec::cli {

struct ShimSettings {
  std::string mode = "enforce";
  std::string profile = "standard";
  bool is_switched_off = false;  // by the program itself, for now: cloexec_set_default()
  enum class Source {
    environment,
    defaults,  // where LD_PRELOAD does not count, nor do the variables
    memory,    // of the shim, which has no more than the above: the environment was overwritten
  } source = Source::environment;
  std::string allowed;  // CLOEXEC_ALLOW
  std::string rules;    // CLOEXEC_POLICY
  std::string file;     // the policy file that applies; empty when there is none
  enum class FileState {
    read,     // as far as that can be told
    changed,  // since the process began: it may go by what was there before
    missing,
  } file_state = FileState::read;
  bool propagates = true;
  std::string audit;  // where an audit records
};

/// The mapped files of that name, by what /proc/PID/maps says; with " (deleted)" when a newer one has replaced it.
std::vector<std::string> shims_in(std::string_view maps);

/// Whether a file in place is no longer the one that is mapped.
bool is_replaced(std::string_view shim);

/// What the shim in a process goes by; absent when the program has overwritten the environment that it was started
/// with, and its memory may not be read. Throws std::system_error as ProcFolder does.
struct ShimQuestion {
  const ProcFolder& process;
  std::string_view maps;  // what /proc/PID/maps says
  const std::vector<std::string>& shims;
  bool is_secure;
  std::chrono::system_clock::time_point started;
};
std::optional<ShimSettings> shim_settings(const ShimQuestion& question);

}  // namespace cloexec::cli
