// SPDX-License-Identifier: Apache-2.0
//
// A child that has just been forked may be about to become another program, and have put in order what that is to get:
// whoever sealed it now would take that away. It is given the time to do so.
#pragma once

#include <sys/types.h>

namespace cloexec::seal {

/// Whether the process was forked less than a second ago, and has not exec'd since.
bool may_be_about_to_exec(pid_t process);

/// Returns when that is not so any more: within a second.
void let_it_exec(pid_t process);

}  // namespace cloexec::seal
