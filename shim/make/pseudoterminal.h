// SPDX-License-Identifier: Apache-2.0
//
// openpty(3) takes no flags and is put together from what does, in the steps of glibc's login/openpty.c.
#pragma once

#include "shim/host/word.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// openpty with both ends close-on-exec; `words` are its arguments. 0, or -1 and errno: then the first may hold a
/// number that is closed again, so that it must be the caller's own.
int open_terminal_pair(const Word* words);

}  // namespace cloexec
