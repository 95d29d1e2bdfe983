// SPDX-License-Identifier: Apache-2.0
//
// What `cloexec ps` found, and the formats that it is written in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/ps/shim.h"
#include "cli/ps/who.h"

namespace cloexec::cli {

struct Inheritable {
  int fd = -1;
  std::string object;
  std::string target;
};

struct Listed : Who {
  std::vector<std::string> shims;        // paths: more than one when copies of it were loaded
  std::optional<ShimSettings> settings;  // of the shim, when it is in and they can be known
  std::vector<Inheritable> fds;
  bool is_secure = false;      // it was started so that LD_PRELOAD does not count
  bool starts_secure = false;  // what it starts now is
};

struct Listing {
  std::vector<Listed> processes;
  std::vector<Who> unreadable;  // nothing but that may be known of them
  bool is_of_all = false;       // rather than of those asked for: whoever has nothing need not be named
  bool is_of_pids = false;
  bool is_part = false;  // /proc hides others' processes: how many more there are is not known
};

/// For people. Lines are folded at `width` columns; never when it is 0.
std::string as_text(const Listing& listing, unsigned width, bool with_colours);

/// For people: a line a process, each below its parent.
std::string as_tree(const Listing& listing, bool with_colours);

std::string as_json(const Listing& listing);

/// For Prometheus, in its text format: gauges by unit and program.
std::string as_prometheus(const Listing& listing);

/// "2 inheritable descriptors in 1 of 3 processes; the shim is in 2", and what there is to say besides; lines.
std::string summary_of(const Listing& listing);

}  // namespace cloexec::cli
