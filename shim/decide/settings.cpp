// SPDX-License-Identifier: Apache-2.0

#include "shim/decide/settings.h"

#include "shim/process/wiped.h"

namespace cloexec {

constinit Settings settings;

void switch_default(bool on) {
  // Before the plans are forgotten: see has_switched.
  store_in_order(settings.is_switched_off, !on);
  forget_plans();
}

}  // namespace cloexec
