// SPDX-License-Identifier: Apache-2.0
//
// Family event: descriptors that report what happens.

#include "shim/decide/verdict.h"
#include "shim/interpose/interpose.h"

using namespace cloexec;

INTERPOSE(int, epoll_create, int size) noexcept {
  constexpr Recipe recipe = substitute(Call::epoll_create, Call::epoll_create1, 0, EPOLL_CLOEXEC);
  return size > 0 ? make_quickly<recipe>(size) : make_by<recipe>(CALLER, size);
}

INTERPOSE(int, epoll_create1, int flags) noexcept {
  return make_by<flag(Call::epoll_create1, 0, EPOLL_CLOEXEC)>(CALLER, flags);
}

INTERPOSE(int, eventfd, unsigned value, int flags) noexcept {
  return make_by<flag(Call::eventfd, 1, EFD_CLOEXEC)>(CALLER, value, flags);
}

INTERPOSE(int, signalfd, int fd, const sigset_t* mask, int flags) noexcept {
  return make_by<flag(Call::signalfd, 2, SFD_CLOEXEC)>(CALLER, fd, mask, flags);
}

INTERPOSE(int, timerfd_create, int clock, int flags) noexcept {
  return make_by<flag(Call::timerfd_create, 1, TFD_CLOEXEC)>(CALLER, clock, flags);
}

INTERPOSE(int, inotify_init) noexcept {
  return make_by<substitute(Call::inotify_init, Call::inotify_init1, 0, IN_CLOEXEC)>(CALLER);
}

INTERPOSE(int, inotify_init1, int flags) noexcept {
  return make_by<flag(Call::inotify_init1, 0, IN_CLOEXEC)>(CALLER, flags);
}

/// fanotify_init(2): the second flags are those of the descriptors that read(2) will deliver.
INTERPOSE(int, fanotify_init, unsigned flags, unsigned event_flags) noexcept {
  if (verdict_on(HERE(fanotify_init)) != Verdict::exempt) event_flags |= O_CLOEXEC;
  return make_by<flag(Call::fanotify_init, 0, FAN_CLOEXEC)>(CALLER, flags, event_flags);
}
