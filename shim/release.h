// SPDX-License-Identifier: Apache-2.0
//
// Gives a new program those descriptors that the shim has forced and that a rule for the exec family exempts; it, and
// nobody else's child.
#pragma once

#include "shim/facts.h"
#include "shim/method/make.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Calls `start`, which returns only when the exec has failed, or when the program runs as another process.
Word start_program(const Start& about, Forms start);

template <typename Result>
Result start_program(const Start& about, auto start) {
  return from_word<Result>(start_program(about, Forms([&](bool) { return start(); })));
}

}  // namespace gnu::visibility("hidden")]]cloexec
