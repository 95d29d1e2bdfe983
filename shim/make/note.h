// SPDX-License-Identifier: Apache-2.0
//
// Says of a descriptor how it came out of a call, to the table of forced descriptors and to an audit. None of these
// changes errno; all may be called in a signal handler and between fork and exec.
#pragma once

#include "shim/decide/site.h"
#include "shim/process/forced.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The shim has made `fd` close-on-exec.
void note_forced(const Site& site, int fd);

/// The program has: it asked for that itself.
void note_marked(const Site& site, int fd);

/// `fd` stays inheritable.
void note_left(const Site& site, int fd);

/// The program, libc or the kernel has set the flag of `fd`, which was there already.
void note_flag_set(int fd);

/// The program has cleared it.
void note_flag_cleared(const Site& site, int fd);

/// Descriptors `first` to `last` are about to be closed, or marked (close_range(2), CLOSE_RANGE_CLOEXEC): by the
/// program, not by the shim. Should the call fail they count as the program's own all the same.
void note_range(unsigned first, unsigned last, unsigned flags);

/// `fd` is about to be closed; nothing for a negative one.
void note_closed(int fd);

}  // namespace cloexec
