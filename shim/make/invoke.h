// SPDX-License-Identifier: Apache-2.0
//
// Makes an attempt's call in one of its two forms, and nothing more.
#pragma once

#include <cstddef>

#include "shim/make/attempt.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// What libc, or a preload below us, returns; errno is theirs. The atomic form is invoked only where there is one: see
/// has_no_atomic_form().
Word invoke(const Attempt& attempt, Form form);

/// A longer struct open_how (openat2(2)) is not copied: that call has no atomic form.
inline constexpr std::size_t largest_how = 128;

}  // namespace cloexec
