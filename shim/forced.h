// SPDX-License-Identifier: Apache-2.0
//
// Which descriptors are close-on-exec because the shim made them so, and not the program: at an exec only these can be
// given back. One byte each, written whole, without a lock. Forked children inherit the table.
#pragma once

#include <cstdint>

#include "shim/phase.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Higher numbers are forced all the same, but never given back. Pages of the table cost memory when they are used.
inline constexpr unsigned most_forced = 65536;

extern constinit bool forced_table[most_forced];

/// Whether the shim has forced descriptor `fd`.
bool is_forced(int fd);

/// The lowest forced descriptor from `fd` on and below `end`, which is a multiple of eight; `end` when there is none.
int next_forced(int fd, int end);

/// Behind the highest that note_forced was told of.
unsigned forced_end();

/// Notes that it has, or that the flag is the program's own business.
void note_forced(int fd, bool by_us);

/// Counts a vfork child that is about to borrow this thread, of whose descriptors nothing is known yet but its
/// parent's.
void begin_vfork_child();

/// The id of the vfork child that borrows this thread; 0 until it was asked for.
int& own_process();

}  // namespace cloexec
