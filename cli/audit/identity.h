// SPDX-License-Identifier: Apache-2.0
//
// What makes a leak the same one in the next run: what it is, not the numbers and names that differ from run to run.
#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "cli/audit/report.h"

namespace cloexec::cli {

/// What differs from run to run has become "*".
struct Identity {
  std::string program;   // the one started
  std::string creator;   // the one that made the descriptor
  std::string module;    // whose code called
  std::string function;  // of that code; empty when its name is not known
  std::string call;      // what it called
  std::string target;

  auto operator<=>(const Identity&) const = default;
};

/// As files name the fields.
inline constexpr std::array<std::pair<std::string_view, std::string Identity::*>, 6> identity_fields = {
    {{"program", &Identity::program},
     {"creator", &Identity::creator},
     {"module", &Identity::module},
     {"function", &Identity::function},
     {"call", &Identity::call},
     {"target", &Identity::target}}};

Identity identity_of(const Exec& exec, const Crossing& crossing);

/// The same with everything as it was this time.
Identity exact_identity_of(const Exec& exec, const Crossing& crossing);

/// The target without what differs from run to run: pids, inodes, ports, descriptor numbers and the made-up part of
/// temporary names. "/tmp/ccXy12zz.s" becomes "/tmp/*.s", "pipe:[123]" "pipe:[*]".
std::string general_target(const Crossing& crossing);

/// The function without what a compiler adds to the name of a part or a copy of it: "read_config.part.0".
std::string general_function(std::string_view function);

}  // namespace cloexec::cli
