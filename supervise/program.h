// SPDX-License-Identifier: Apache-2.0
//
// A new program, of which no instruction has been executed yet: what it was started as, and what it is told. Each is
// read when first asked for, and once.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervise/told.h"
#include "supervise/trace.h"
#include "trace/given.h"

namespace cloexec::supervise {

class Program {
 public:
  explicit Program(pid_t process) : process_(process) {}

  const AuxiliaryValues& auxiliary();

  /// The path by which it was started: of a script the script's. "/dev/fd/7" when only a descriptor named it.
  const std::string& path();

  /// `path`, or argv[0] when only a descriptor named it: what a rule's `target` asks.
  std::string_view target();

  /// Whether it is told this number, by a word that speaks of descriptors or as what it is started from. `before`: what
  /// the process that starts it was itself started with, /proc/PID/environ; variables that are in there tell nothing.
  bool is_told(int fd, const std::string& before);

 private:
  void read_announcements(const std::string& before);
  const Strings& arguments();
  std::string_view argv0();

  pid_t process_;
  std::optional<AuxiliaryValues> auxiliary_;
  std::optional<std::string> path_;
  std::optional<Strings> arguments_;
  std::optional<std::vector<Told>> told_;
};

}  // namespace cloexec::supervise
