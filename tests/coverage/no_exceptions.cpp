// SPDX-License-Identifier: Apache-2.0
//
// What libstdc++'s headers throw by where the shim cannot come to: an optimizer takes it away, but not where calls are
// counted.
#include <bits/functexcept.h>

namespace std {

[[gnu::visibility("hidden")]] void __throw_out_of_range_fmt(const char*, ...) { __builtin_trap(); }  // NOLINT

}  // namespace std
