// SPDX-License-Identifier: Apache-2.0
//
// What a process shows of the program that is in it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace cloexec::trace {

struct Look {
  /// What the program is known by, as the shim has it (shim/program.h): the executable, the name that it was started
  /// under, and argv[0]. Of a set-user-ID program the first alone: whoever starts it could give a shell's name.
  std::vector<std::string> names;

  /// The base names of the files that it has mapped: where its calls may come from.
  std::vector<std::string> modules;

  bool has_shim() const;
};

/// At a process that may be running.
Look look_at(pid_t process);

}  // namespace cloexec::trace
