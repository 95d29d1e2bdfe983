// SPDX-License-Identifier: Apache-2.0
//
// Makes the inheritable descriptors above 2 of a live process close-on-exec, or undoes that. Other threads go on
// meanwhile, and may make and close some: it is looked again until nothing is left, or time is over.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "seal/keep.h"
#include "seal/mark.h"

namespace cloexec::seal {

struct Options {
  Rules rules;
  std::optional<NumberSet> numbers;  // these alone, whatever a rule says
  bool only_looks = false;
  bool undoes = false;  // makes `numbers` inheritable again
  std::chrono::milliseconds patience{2000};
};

enum class State : std::uint8_t {
  open,      // nothing was done: it was only looked, or it is as it should be
  sealed,    // it was inheritable, and is close-on-exec
  unsealed,  // the other way round
  kept,      // inheritable, as a rule or the user wants it
  left,      // inheritable, as it could not be sealed
  later,     // inheritable, made while others were sealed
};

struct Descriptor {
  int fd = -1;
  std::string link;  // what /proc/PID/fd says
  State state = State::open;
  Kept kept;  // of one that is
};

struct Result {
  pid_t process = 0;
  bool is_readable = false;  // its descriptors could be listed
  std::vector<Descriptor> descriptors;
  Marked worst{Outcome::done};  // what kept from sealing
  std::chrono::microseconds held{0};

  std::size_t count(State state) const;
};

Result seal(pid_t process, const Options& options);

}  // namespace cloexec::seal
