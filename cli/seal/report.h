// SPDX-License-Identifier: Apache-2.0
//
// What `cloexec seal` did, and the formats that it is written in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cloexec::cli {

struct SealedDescriptor {
  int fd = -1;
  std::string object;
  std::string target;
  std::string state;   // "sealed", "kept", "left", "later", "unsealed"; as it is when it was only looked
  std::string reason;  // of what is kept: the rule, or the option that allows it
};

struct SealedProcess {
  int pid = 0;
  std::string comm;
  std::string exe;
  std::vector<SealedDescriptor> fds;
  std::string problem;       // what kept from sealing; empty when nothing did
  std::int64_t held_us = 0;  // for how long a thread of it was held, at most
};

/// For people. `undoes`: it was unsealed. Lines are folded at `width` columns; never when it is 0.
std::string as_text(const std::vector<SealedProcess>& processes, bool undoes, unsigned width, bool with_colours);

std::string as_json(const std::vector<SealedProcess>& processes);

}  // namespace cloexec::cli
