// SPDX-License-Identifier: Apache-2.0

#include "shim/verdict.h"

#include "shim/settings.h"

namespace cloexec {

Verdict verdict_on(const Site& site) { return plan_of(site.call) == Plan::pass ? Verdict::exempt : Verdict::force; }

bool stays_inheritable(const Site&, int fd) { return is_exempt(fd); }

}  // namespace cloexec
