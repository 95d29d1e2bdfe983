// SPDX-License-Identifier: Apache-2.0
//
// What this process was told to do, read from the environment once and immutable from then on, hence without a lock.
// Daemons overwrite their environment for a process title, so everything is copied at load.
#pragma once

#include "policy/number_set.h"
#include "shim/state.h"

namespace cloexec {

struct Settings {
  bool are_read = false;
  /// The highest number that can be exempt, so that one comparison settles the usual case.
  int highest_exempt = 2;
  NumberSet exempt{0, 2};
};

extern constinit Settings settings [[gnu::visibility("hidden")]];

/// What to do about `call`; reads the settings if they have not been read and the environment is there.
Plan plan_of(Call call);

/// Whether descriptor `fd` stays inheritable: 0 to 2, and CLOEXEC_ALLOW.
inline bool is_exempt(int fd) { return fd <= settings.highest_exempt && settings.exempt.contains(fd); }

}  // namespace cloexec
