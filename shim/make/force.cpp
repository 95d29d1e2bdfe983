// SPDX-License-Identifier: Apache-2.0

#include "shim/make/force.h"

#include "shim/decide/verdict.h"
#include "shim/host/descriptor.h"
#include "shim/make/ability.h"
#include "shim/make/note.h"

namespace cloexec {
namespace {

/// What the flag of a descriptor that was made in the atomic form tells of that form.
Ability look_at(int fd) {
  switch (close_on_exec_flag(fd)) {
    case Flag::set:
      return Ability::works;
    case Flag::clear:
      return Ability::missing;
    default:
      return Ability::unknown;
  }
}

}  // namespace

void force_afterwards(const Site& site, int fd) {
  if (stays_inheritable(site, fd)) return note_left(site, fd);
  set_close_on_exec(fd, true);
  note_forced(site, fd);
}

void confirm_forced(const Site& site, int fd) {
  if (ability_of(site.call) == Ability::unknown) remember(site.call, look_at(fd));
  if (ability_of(site.call) == Ability::missing) return force_afterwards(site, fd);
  if (!stays_inheritable(site, fd)) return note_forced(site, fd);
  set_close_on_exec(fd, false);
  note_left(site, fd);
}

void force_if_made(const Site& site, int fd) {
  if (fd < 0) return;
  if (verdict_on(site) == Verdict::exempt)
    note_left(site, fd);
  else
    force_afterwards(site, fd);
}

}  // namespace cloexec
