// SPDX-License-Identifier: Apache-2.0
//
// What the settings and the rules say of a call that is being made, and of a descriptor that it made.
#pragma once

#include "policy/decide.h"
#include "shim/decide/plan.h"
#include "shim/decide/site.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// What to do about `call`, found out when it is first asked, or first in a forked child. Reads the settings if they
/// have not been read and the environment is there.
Plan make_plan(Call call);
inline Plan plan_of(Call call) {
  const Plan plan = known_plan(call);
  return plan != Plan::unread ? plan : make_plan(call);
}

/// Before the call. `depends` means: force, then ask about the number.
Verdict verdict_on(const Site& site);

/// After the call: whether descriptor `fd` of it is to stay inheritable.
bool stays_inheritable(const Site& site, int fd);

}  // namespace cloexec
