// SPDX-License-Identifier: Apache-2.0
//
// The systemd unit of a process, as its control group tells it: no manager is asked, so that what is read of a process
// is of that moment, and that it also works where none answers.
#pragma once

#include <string>
#include <string_view>

namespace cloexec::cli {

struct Units {
  std::string system;  // "nginx.service", "session-2.scope", "user@1000.service"; empty when it is in none
  std::string user;    // of a user's own manager, whose unit is then "user@UID.service"; empty when it is in none
};

/// From what /proc/PID/cgroup says (cgroups(7)): the first group of the path that is no slice, as sd_pid_get_unit(3)
/// has it, and the first below a user's manager (sd_pid_get_user_unit(3)).
Units units_in(std::string_view cgroups);

/// Whether a comma-separated list of globs has one for it. A name without a dot is that of a service, as systemctl(1)
/// has it.
bool matches_units(std::string_view globs, const Units& units);

}  // namespace cloexec::cli
