// SPDX-License-Identifier: Apache-2.0
//
// The code that the kernel maps into every process (vdso(7)): one for all programs of a kind.
#pragma once

#include <sys/types.h>

#include <optional>

#include "trace/machine.h"

namespace cloexec::trace {

/// Where a call can be made in the vdso of a stopped `task`, which lies at `vdso` there. Nothing when no place is fit.
std::optional<Gadget> gadget_in_vdso(pid_t task, Word vdso, bool is_narrow);

}  // namespace cloexec::trace
