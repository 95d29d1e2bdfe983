// SPDX-License-Identifier: Apache-2.0
//
// What this process was told to do, read from the environment once and immutable from then on, hence without a lock.
// Daemons overwrite their environment for a process title, so everything is copied at load.
#pragma once

#include "policy/number_set.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// All zero at first, so that it shares its page with all else that is written.
struct Settings {
  bool are_read = false;
  bool changes_nothing = false;  // CLOEXEC_MODE
  bool is_switched_off = false;  // cloexec_set_default(): the one thing that changes
  NumberSet allowed;
};

extern constinit Settings settings;

/// Reads the settings if they have not been read and the environment is there; whether they are read now. load.cpp,
/// which is above all rooms, does it: where the loader lets other libraries' constructors run first, the first call
/// comes before ours.
bool read_settings_if_possible();

/// Whether anything is forced at all now.
inline bool is_enforcing() { return !settings.changes_nothing && !settings.is_switched_off; }

/// Whether descriptor `fd` stays inheritable whatever the rules say: 0 to 2, and CLOEXEC_ALLOW.
inline bool is_exempt(int fd) { return (fd >= 0 && fd <= 2) || settings.allowed.contains(fd); }

/// Whether the default is no longer what it was when something was worked out that has just been stored: then a switch
/// by another thread, or by a handler, may have come before the store, and the store must be undone.
inline bool has_switched(bool was_enforcing) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return is_enforcing() != was_enforcing;
}

/// cloexec_set_default(): what is open already stays as it is.
void switch_default(bool on);

}  // namespace cloexec
