// SPDX-License-Identifier: Apache-2.0
//
// What follows for a preload from what a program's file is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/doctor/locate.h"

namespace cloexec::cli {

enum class Severity : std::uint8_t {
  note,     // changes nothing
  warning,  // some descriptors are out of the shim's reach
  error,    // all are
};

struct Finding {
  std::string id;  // for machines, never changed
  Severity severity;
  std::string text;  // one sentence
};

using Findings = std::vector<Finding>;

/// The shim is the file `shim`. Throws when a file cannot be made sense of.
Findings examine(const Location& location, const std::string& shim);

}  // namespace cloexec::cli
