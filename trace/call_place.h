// SPDX-License-Identifier: Apache-2.0
//
// Where in a stopped program a system call can be made, with nothing written to its memory.
#pragma once

#include <sys/types.h>

#include <optional>

#include "trace/machine.h"

namespace cloexec::trace {

/// The address of an instruction that makes one: the one that `task` stands behind, or else one of the vdso, or of
/// another executable mapping. Nothing when there is none.
std::optional<Word> find_call_place(pid_t task, const Registers& registers);

}  // namespace cloexec::trace
