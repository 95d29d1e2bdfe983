// SPDX-License-Identifier: Apache-2.0
//
// Puts a supervisor beside the calling process, which then becomes the program: nothing comes between that and whoever
// started it, so that its exit status, its signals, its terminal and its parent are what they are bare.
#pragma once

#include <string>

#include "supervise/tracer.h"

namespace cloexec::supervise {

/// Starts the supervisor, which traces this process, and all that it starts, from now on and until the last of them has
/// ended. It is no child of this process, or, where orphans become that, one that wait(2) does not find, and has
/// nothing open. Throws std::runtime_error that says what forbids it. To be called while there is one thread. The
/// observer, if any, lives in the supervisor.
void start_supervisor(const Options& options, Observer* observer = nullptr);

}  // namespace cloexec::supervise
