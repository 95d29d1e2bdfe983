// SPDX-License-Identifier: Apache-2.0

#include "shim/decide/settings.h"

#include "shim/process/wiped.h"

namespace cloexec {

constinit Settings settings;

void switch_default(bool on) {
  settings.is_switched_off = !on;
  // See has_switched.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  forget_plans();
}

}  // namespace cloexec
