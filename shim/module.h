// SPDX-License-Identifier: Apache-2.0
//
// Which object a call came from: what a rule's `module` asks. Without a lock, since calls are made in signal handlers.
#pragma once

#include <string_view>

namespace [[gnu::visibility("hidden")]] cloexec {

/// The base name of the shared object or program that `address` is in; empty when that is not known.
std::string_view module_of(const void* address);

}  // namespace cloexec
