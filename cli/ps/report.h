// SPDX-License-Identifier: Apache-2.0
//
// What `cloexec ps` found, and the formats that it is written in.
#pragma once

#include <string>
#include <vector>

namespace cloexec::cli {

struct Inheritable {
  int fd = -1;
  std::string object;
  std::string target;
};

struct Listed {
  int pid = 0;
  std::string comm;
  std::string exe;
  std::vector<std::string> shims;  // paths: more than one when copies of it were loaded
  std::vector<Inheritable> fds;
  bool is_secure = false;      // it was started so that LD_PRELOAD does not count
  bool starts_secure = false;  // what it starts now is
};

struct Listing {
  std::vector<Listed> processes;
  bool is_of_all = false;     // rather than of those asked for
  std::size_t forbidden = 0;  // of all: how many may not be read
};

/// For people. Lines are folded at `width` columns; never when it is 0.
std::string as_text(const Listing& listing, unsigned width, bool with_colours);

std::string as_json(const Listing& listing);

}  // namespace cloexec::cli
