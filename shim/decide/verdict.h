// SPDX-License-Identifier: Apache-2.0
//
// What the settings and the rules say of a call that is being made, and of a descriptor that it made. Nothing here
// fails or changes errno, and all may be called in a signal handler and between fork and exec. Where a rule asks for a
// path, the program's is read: a bad pointer faults here.
#pragma once

#include "policy/decide.h"
#include "shim/decide/plan.h"
#include "shim/decide/site.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Works out what to do about `call`, and keeps it, but not for a vfork child, nor before the settings could be read.
/// Reads these if they have not been read and the environment is there.
Plan make_plan(Call call);

/// What to do about `call`, worked out when it is first asked, or first in a forked child.
inline Plan plan_of(Call call) {
  const Plan plan = known_plan(call);
  return plan != Plan::unread ? plan : make_plan(call);
}

/// What to do about a call that is about to be made. `depends` means: force, then ask about the number.
Verdict verdict_on(const Site& site);

/// Whether descriptor `fd`, which a call has made, is to stay inheritable.
bool stays_inheritable(const Site& site, int fd);

}  // namespace cloexec
