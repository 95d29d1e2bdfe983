// SPDX-License-Identifier: Apache-2.0
//
// The descriptors that a call has made, found in what it returned.
#pragma once

#include "shim/make/attempt.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Whether a call that returned this has failed, and has set errno.
bool has_failed(const Attempt& attempt, Word result);

/// Calls visit(site, fd) for every descriptor of a call that has not failed.
void each_descriptor(const Attempt& attempt, Word result, void (*visit)(const Site&, int));

}  // namespace cloexec
