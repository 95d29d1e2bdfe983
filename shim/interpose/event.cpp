// SPDX-License-Identifier: Apache-2.0
//
// Family event: descriptors that report what happens.

#include "shim/interpose.h"

using namespace cloexec;

/// epoll_create(2) wants a size above 0, epoll_create1 has none to check; musl takes any.
INTERPOSE(int, epoll_create, int size) noexcept {
  if (size <= 0) {
    const int fd = next_epoll_create(size);
    force_after(HERE(epoll_create), fd);
    return fd;
  }
  return make_by_substitute(
      HERE(epoll_create), as_number, Retry::if_refused_or_invalid, next_epoll_create1,
      [=](auto* function) { return function(EPOLL_CLOEXEC); }, [=] { return next_epoll_create(size); });
}

INTERPOSE(int, epoll_create1, int flags) noexcept {
  return make_with_flag(HERE(epoll_create1), as_number, Retry::if_refused_or_invalid, next_epoll_create1, flags,
                        EPOLL_CLOEXEC, [](auto* next, int forced) { return next(forced); });
}

INTERPOSE(int, eventfd, unsigned value, int flags) noexcept {
  return make_with_flag(HERE(eventfd), as_number, Retry::if_refused_or_invalid, next_eventfd, flags, EFD_CLOEXEC,
                        [=](auto* next, int forced) { return next(value, forced); });
}

/// signalfd(2) on an existing descriptor changes its mask and nothing else.
INTERPOSE(int, signalfd, int fd, const sigset_t* mask, int flags) noexcept {
  if (fd != -1) return next_signalfd(fd, mask, flags);
  return make_with_flag(HERE(signalfd), as_number, Retry::if_refused_or_invalid, next_signalfd, flags, SFD_CLOEXEC,
                        [=](auto* next, int forced) { return next(-1, mask, forced); });
}

INTERPOSE(int, timerfd_create, int clock, int flags) noexcept {
  return make_with_flag(HERE(timerfd_create), as_number, Retry::if_refused_or_invalid, next_timerfd_create, flags,
                        TFD_CLOEXEC, [=](auto* next, int forced) { return next(clock, forced); });
}

INTERPOSE(int, inotify_init) noexcept {
  return make_by_substitute(
      HERE(inotify_init), as_number, Retry::if_refused_or_invalid, next_inotify_init1,
      [=](auto* function) { return function(IN_CLOEXEC); }, [=] { return next_inotify_init(); });
}

INTERPOSE(int, inotify_init1, int flags) noexcept {
  return make_with_flag(HERE(inotify_init1), as_number, Retry::if_refused_or_invalid, next_inotify_init1, flags,
                        IN_CLOEXEC, [](auto* next, int forced) { return next(forced); });
}

/// fanotify_init(2): the second flags are those of the descriptors that read(2) will deliver.
INTERPOSE(int, fanotify_init, unsigned flags, unsigned event_flags) noexcept {
  const unsigned forced_event_flags =
      verdict_on(HERE(fanotify_init)) != Verdict::exempt ? event_flags | O_CLOEXEC : event_flags;
  return make_with_flag(HERE(fanotify_init), as_number, Retry::if_refused_or_invalid, next_fanotify_init, flags,
                        FAN_CLOEXEC, [=](auto* next, unsigned forced) { return next(forced, forced_event_flags); });
}
