// SPDX-License-Identifier: Apache-2.0

#include "shim/method/arguments.h"

#include "shim/borrowed.h"
#include "shim/descriptor.h"
#include "shim/method/make.h"
#include "shim/phase.h"
#include "shim/recorder.h"
#include "shim/settings.h"
#include "shim/verdict.h"

namespace cloexec {
bool CallArguments::make_none() const {
  const CallArguments& given = *this;
  switch (special_of(call)) {
    case Special::dup2:
      return given[0] == given[1] || is_exempt(given[1]);
    case Special::dup3:
      return is_exempt(given[1]);
    case Special::fcntl:
      return given[1] != F_DUPFD;
    case Special::ioctl:
      return static_cast<unsigned>(given[1]) != TIOCGPTPEER;
    case Special::signalfd:  // on an existing descriptor it changes the mask: signalfd(2)
      return given[0] != -1;
    case Special::accept:
      return next_gnu_get_libc_version.is_absent() &&
             has_bad_length(from_word<const sockaddr*>(words[1]), from_word<const socklen_t*>(words[2]));
    default:
      return false;
  }
}

bool CallArguments::must_stay_plain() const {
  // epoll_create(2) wants a size above 0, epoll_create1 has none to check; musl takes any.
  if (special_of(call) == Special::epoll_create) return (*this)[0] <= 0;
  // glibc and the kernel refuse flags that they do not know, musl 1.2.3 does not look at them.
  return call == Call::dup3 && ((*this)[2] & ~O_CLOEXEC) != 0;
}

void CallArguments::forget_marked() const {
  const int fd = (*this)[0];
  const int second = (*this)[1];
  const Special special = special_of(call);
  if ((special == Special::fcntl && second == F_SETFD && ((*this)[2] & FD_CLOEXEC) != 0) ||
      (special == Special::ioctl && static_cast<unsigned>(second) == FIOCLEX))
    forget_forced(fd);
}

void CallArguments::note(const Site& site, int result) const {
  const int fd = (*this)[0];
  const int second = (*this)[1];
  switch (special_of(call)) {
    case Special::dup2:
      // dup2(2) onto the same number is a no-op that leaves the flag alone. But where a program may put descriptors for
      // its children, it takes one that is there already for inheritable, since without us it is: it is its own now.
      if (fd != second || result < 0 || !is_forced(fd)) break;
      if (!stays_inheritable(site, fd)) {
        // Not what our parent has at that number by now.
        if (is_vfork_child() && !Claims().are_proved_by(fd, stamp_of(fd))) break;
        note_forced(fd, static_cast<Kind>(stamp_of(fd) & kind_bits));
        break;
      }
      if (is_enforcing()) set_close_on_exec(fd, false);
      note_made(site, fd, Made::left);
      break;
    case Special::fcntl:
      if (second == F_SETFD && result == 0) note_flag(fd, ((*this)[2] & FD_CLOEXEC) == 0);
      if (second == F_DUPFD_CLOEXEC && result >= 0) note_made(site, result, Made::marked);
      break;
    case Special::ioctl:
      if (static_cast<unsigned>(second) == FIOCLEX && result == 0) note_flag(fd, false);
      if (static_cast<unsigned>(second) == FIONCLEX && result == 0) note_flag(fd, true);
      break;
    default:
      break;
  }
}

}  // namespace cloexec
