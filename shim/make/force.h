// SPDX-License-Identifier: Apache-2.0
//
// Gives a new descriptor the flag that settings and rules want, once its call has returned, and notes it. Nothing here
// changes errno.
#pragma once

#include "shim/decide/site.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Of `fd`, which was made without the flag: sets it, unless it is to stay inheritable. Another thread's fork before
/// that still inherits it.
void force_afterwards(const Site& site, int fd);

/// Of `fd`, which was made in the atomic form: takes the flag away if it is to stay inheritable, and sets it where the
/// form was ignored. The first result of a call tells whether that is so.
void confirm_forced(const Site& site, int fd);

/// For calls that have no atomic form at all (docs/coverage.md: "afterwards"). Nothing for a negative `fd`.
void force_if_made(const Site& site, int fd);

}  // namespace cloexec
