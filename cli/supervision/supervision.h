// SPDX-License-Identifier: Apache-2.0
//
// A supervisor for what this process is about to become, with the policy that the user has set (docs/supervise.md).
#pragma once

#include <string>

#include "cli/settings.h"

namespace cloexec::cli {

struct Supervision {
  std::string step_aside = "gdb,gdbserver,lldb,lldb-server,strace,ltrace,rr";
};

void add_options(CLI::App& app, Supervision& supervision);

/// Says so when a program is about to start without the rights that its file gives: the kernel drops them for one that
/// is traced by who has not got them (ptrace(2)).
void warn_of_lost_rights(const std::string& program);

/// What leaked is closed, but in mode "observe". Throws std::runtime_error that says what forbids it.
void begin_supervision(const Settings& settings, const Supervision& supervision);

/// Tells `pipe` of every exec, as Sightings reads it; or what forbids it.
void begin_watch(const Settings& settings, const Supervision& supervision, int pipe);

}  // namespace cloexec::cli
