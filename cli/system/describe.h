// SPDX-License-Identifier: Apache-2.0
//
// What a descriptor is that the kernel has told of, in the words that all commands use.
#pragma once

#include "cli/describe/description.h"
#include "watch/exec.h"

namespace cloexec::cli {

/// As describe_link has it, with a socket's addresses as the tables in /proc/PID/net would show them.
Description describe(const watch::Descriptor& descriptor);

}  // namespace cloexec::cli
