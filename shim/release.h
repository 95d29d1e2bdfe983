// SPDX-License-Identifier: Apache-2.0
//
// Gives a new program those descriptors that the shim has forced and that a rule for the exec family exempts; it, and
// nobody else's child.
#pragma once

#include "shim/facts.h"
#include "shim/method/make.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Whether something is to be given while other threads could fork: it must not be open in this process then.
bool is_given_apart(const Start& about);

/// Calls give(context, fd) for every descriptor that is to be given.
void each_given(const Start& about, void* context, void (*give)(void* context, int fd));

/// Calls `start`, which returns only when the exec has failed, or when the program runs as another process.
Word start_program(const Start& about, Forms start);

template <typename Result>
Result start_program(const Start& about, auto start) {
  return from_word<Result>(start_program(about, Forms([&](bool) { return start(); })));
}

}  // namespace cloexec
