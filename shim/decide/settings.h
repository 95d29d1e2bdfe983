// SPDX-License-Identifier: Apache-2.0
//
// What this process was told to do, read from the environment once and immutable from then on, hence without a lock.
// Daemons overwrite their environment for a process title, so everything is copied at load. Nothing here fails or
// changes errno, and all may be called in a signal handler and between fork and exec.
#pragma once

#include "policy/number_set.h"
#include "shim/host/atomic.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The settings. All zero at first, so that they share their page with all else that is written.
struct Settings {
  bool are_read = false;         // or are being read
  bool changes_nothing = false;  // CLOEXEC_MODE is observe or off, or a copy of this library does the work
  bool is_off = false;           // for who looks from outside (policy/shown.h), as is the next
  bool is_strict = false;        // CLOEXEC_PROFILE
  bool is_switched_off = false;  // cloexec_set_default(): the one thing that changes
  NumberSet allowed;             // CLOEXEC_ALLOW
};

/// This process's; a vfork child has its parent's.
extern constinit Settings settings;

/// Reads the settings if they have not been read and the environment is there; whether they are read now. load.cpp,
/// which is above all rooms, does it: where the loader lets other libraries' constructors run first, the first call
/// comes before ours.
bool read_settings_if_possible();

/// Whether anything is forced at all now.
inline bool is_enforcing() { return !settings.changes_nothing && !load(settings.is_switched_off); }

/// Whether descriptor `fd` stays inheritable whatever the rules say: 0 to 2, and CLOEXEC_ALLOW.
inline bool is_exempt(int fd) { return (fd >= 0 && fd <= 2) || settings.allowed.contains(fd); }

/// Whether is_enforcing() is no longer what it was when something was worked out that has just been stored, in order:
/// then a switch by another thread, or by a handler, may have come before the store, and the store must be undone.
inline bool has_switched(bool was_enforcing) {
  return (!settings.changes_nothing && !load_in_order(settings.is_switched_off)) != was_enforcing;
}

/// Switches what cloexec_set_default() does, for all threads; what is open already stays as it is. Every call is
/// planned anew.
void switch_default(bool on);

}  // namespace cloexec
