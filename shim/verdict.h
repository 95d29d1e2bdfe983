// SPDX-License-Identifier: Apache-2.0
//
// What the settings say of a call that is being made, and of a descriptor that it made.
#pragma once

#include "policy/decide.h"
#include "shim/method/site.h"

namespace cloexec {

/// Before the call. `depends` means: force, then ask about the number.
Verdict verdict_on(const Site& site);

/// After the call: whether descriptor `fd` of it is to stay inheritable.
bool stays_inheritable(const Site& site, int fd);

}  // namespace cloexec
