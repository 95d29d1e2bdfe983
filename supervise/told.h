// SPDX-License-Identifier: Apache-2.0
//
// Which numbers a new program is told, by what can be read of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervise/trace.h"
#include "trace/given.h"

namespace cloexec::supervise {

/// Numbers first..last.
struct Told {
  int first;
  int last;
  std::string by;  // the word; empty when it is what the program is started from
};

/// `path` is that by which it is started, `target` what it is called. `before`: what the process that starts it was
/// itself started with; variables that are in there tell nothing.
std::vector<Told> told_to(const std::string& path, std::string_view target, const Strings& arguments,
                          const Strings& environment, const Strings& before);

}  // namespace cloexec::supervise
