// SPDX-License-Identifier: Apache-2.0
//
// How far up a stack may be read: a word too many could be one that is not there. No lock, no heap, and a system call
// only once for each page of a thread's stack.
#pragma once

#include <cstdint>

namespace [[gnu::visibility("hidden")]] cloexec {

/// Where the stack ends that the process's first thread runs on: just below the environment, as the kernel laid it out.
void note_first_stack(char* const* environment);

/// An address up to which everything from `place`, which lies on the stack that this thread runs on, can be read: that
/// stack's end, where it is the thread's own; the page's end otherwise (a signal's stack, a coroutine's).
std::uintptr_t readable_end(std::uintptr_t place);

}  // namespace cloexec
