// SPDX-License-Identifier: Apache-2.0
//
// What is noted of calls after which two processes or threads have one descriptor table or two, by function and by
// number.
#pragma once

namespace [[gnu::visibility("hidden")]] cloexec {

/// A process is about to be cloned with these flags (clone(2)), not a thread.
void note_clone(unsigned flags);

/// This thread is about to part with what it shares: unshare(2).
void note_unshare(unsigned flags);

}  // namespace cloexec
