// SPDX-License-Identifier: Apache-2.0

#include "shim/decide/settings.h"

#include <cstddef>

#include "policy/shown.h"
#include "shim/process/wiped.h"

namespace cloexec {

constinit Settings settings;

// From outside they are read as policy/shown.h has them, and found by this note.
static_assert(offsetof(Settings, are_read) == offsetof(Shown, are_read));
static_assert(offsetof(Settings, changes_nothing) == offsetof(Shown, changes_nothing));
static_assert(offsetof(Settings, is_off) == offsetof(Shown, is_off));
static_assert(offsetof(Settings, is_strict) == offsetof(Shown, is_strict));
static_assert(offsetof(Settings, is_switched_off) == offsetof(Shown, is_switched_off));
static_assert(shown_version == 1, "the type of the note, which follows");
asm(R"(
  .pushsection .note.cloexec, "a", %note
  .balign 4
  .long 8
  .long 4
  .long 1
  .asciz "cloexec"
  .long _ZN7cloexec8settingsE - .
  .popsection
)");

void switch_default(bool on) {
  // Before the plans are forgotten: see has_switched.
  store_in_order(settings.is_switched_off, !on);
  forget_plans();
}

}  // namespace cloexec
