// SPDX-License-Identifier: Apache-2.0

#include "shim/make/change.h"

#include "shim/decide/settings.h"
#include "shim/decide/verdict.h"
#include "shim/host/descriptor.h"
#include "shim/make/invoke.h"
#include "shim/make/note.h"
#include "shim/process/borrowed.h"
#include "shim/process/phase.h"

namespace cloexec {
namespace {

enum class Change : std::uint8_t { none, set, clear, made_marked, onto_itself };

/// What the call changes when it succeeds.
Change change_of(const Attempt& attempt) {
  const Word* const words = attempt.arguments();
  const auto second = static_cast<int>(words[1]);
  switch (attempt.recipe.call) {
    case Call::dup2:
    case Call::__dup2:
      return static_cast<int>(words[0]) == second ? Change::onto_itself : Change::none;
    case Call::fcntl:
    case Call::fcntl64:
    case Call::__fcntl:
    case Call::__fcntl_time64:
      if (second == F_SETFD) return (words[2] & FD_CLOEXEC) != 0 ? Change::set : Change::clear;
      return second == F_DUPFD_CLOEXEC ? Change::made_marked : Change::none;
    case Call::ioctl:
    case Call::__ioctl_time64:
      if (static_cast<unsigned>(second) == FIOCLEX) return Change::set;
      return static_cast<unsigned>(second) == FIONCLEX ? Change::clear : Change::none;
    default:
      return Change::none;
  }
}

/// dup2(2) onto the same number is a no-op that leaves the flag alone. But where a program may put descriptors for its
/// children, it takes one that is there already for inheritable, since without us it is: it is its own now.
void adopt(const Site& site, int fd) {
  if (!is_forced(fd)) return;
  if (stays_inheritable(site, fd)) {
    if (is_enforcing()) set_close_on_exec(fd, false);
    return note_left(site, fd);
  }
  // Not what our parent has at that number by now.
  if (is_vfork_child() && !Claims().are_proved_by(fd, stamp_of(fd))) return;
  note_forced(fd, static_cast<Kind>(stamp_of(fd) & kind_bits));
}

}  // namespace

Word make_change(const Attempt& attempt) {
  const Change change = change_of(attempt);
  const auto fd = static_cast<int>(attempt.arguments()[0]);
  // Before the call: afterwards the number may be another thread's new descriptor, whose stamp this would take away.
  if (change == Change::set) forget_forced(fd);
  const Word result = invoke(attempt, Form::plain);
  if (static_cast<int>(result) < 0) return result;
  if (change == Change::set) note_flag_set(fd);
  if (change == Change::clear) note_flag_cleared(attempt.site(), fd);
  if (change == Change::made_marked) note_marked(attempt.site(), static_cast<int>(result));
  if (change == Change::onto_itself) adopt(attempt.site(), fd);
  return result;
}

}  // namespace cloexec
