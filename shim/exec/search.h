// SPDX-License-Identifier: Apache-2.0
//
// Whether there is a program to be started at all.
#pragma once

#include "shim/decide/told.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// False when an exec is going to say ENOENT or ENOTDIR, or EFAULT of what names the program (execve(2)): then there is
/// nobody to give anything to.
bool is_there(const Start& about);

}  // namespace cloexec
