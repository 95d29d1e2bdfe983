// SPDX-License-Identifier: Apache-2.0
//
// What a descriptor of a live process is.
#pragma once

#include "cli/describe/description.h"

namespace cloexec::cli {

/// With a socket's addresses; empty when the process or the descriptor is gone, or may not be read.
Description look_at(int pid, int fd);

}  // namespace cloexec::cli
