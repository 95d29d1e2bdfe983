// SPDX-License-Identifier: Apache-2.0
//
// What close_range(2) does, by function and by number.
#pragma once

namespace [[gnu::visibility("hidden")]] cloexec {

/// Descriptors `first` to `last` are about to be closed, or with CLOSE_RANGE_CLOEXEC to be marked: by the program, not
/// by the shim. Should the call fail they count as the program's own all the same.
void note_range(unsigned first, unsigned last, unsigned flags);

}  // namespace cloexec
