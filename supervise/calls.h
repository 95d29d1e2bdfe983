// SPDX-License-Identifier: Apache-2.0
//
// Which system calls leave a descriptor table alone.
#pragma once

#include <sys/types.h>

namespace cloexec::supervise {

/// Whether the call that `task` is about to begin may make, close or mark a descriptor, or end the process. False at
/// the end of a call, true when it cannot be told (PTRACE_GET_SYSCALL_INFO: Linux 5.3).
bool may_change_descriptors(pid_t task);

}  // namespace cloexec::supervise
