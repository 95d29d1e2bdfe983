// SPDX-License-Identifier: Apache-2.0
//
// syscall(2): what a program asks of the kernel by number is treated as the function of that name is, down to what was
// found to work; Call::syscall stands for calls that have no function. The forms without
// flags exist on older architectures only, hence the #ifdefs.

#include <linux/mount.h>
#include <linux/perf_event.h>

#include <cstdarg>

#include "shim/find_next.h"
#include "shim/interpose.h"
#include "shim/method/open_how.h"
#include "shim/method/receive.h"

#ifndef PERF_FLAG_FD_CLOEXEC
#define PERF_FLAG_FD_CLOEXEC (1UL << 3)
#endif

using namespace cloexec;

namespace {

constexpr long open_tree_attr = 467;  // Linux 6.15, the same on every architecture

/// A system call as its caller made it: the number, and six arguments of which it uses the first few.
struct Raw {
  long number;
  long arguments[6];
  const void* caller = nullptr;

  long make() const {
    return next_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  }

  Site site(Call call) const { return {call, caller}; }

  /// The same with argument `index` changed.
  long make_with(int index, long value) const {
    Raw changed = *this;
    changed.arguments[index] = value;
    return changed.make();
  }

  template <typename Type>
  Type argument(int index) const {
    if constexpr (std::is_pointer_v<Type>)
      return reinterpret_cast<Type>(arguments[index]);
    else
      return static_cast<Type>(arguments[index]);
  }
};

/// What a raw call shows, the function of the same name is taken to do too. That is wrong when a preload below us wraps
/// the function, and may drop a flag in it: there raw calls are made plainly, and teach nothing.
long made(Call call, const Raw& raw, Shape shape, Retry retry, auto forms) {
  const bool would_mislead = state_of(call).ability == Ability::unknown && is_wrapped_below(name_of(call).data());
  return would_mislead && verdict_on(raw.site(call)) != Verdict::exempt
             ? make_plainly(raw.site(call), shape, Forms(forms))
             : make(raw.site(call), shape, retry, forms);
}

/// Argument `index` holds the flags.
long flag(Call call, const Raw& raw, int index, long bit, Retry retry = Retry::if_refused_or_invalid,
          Shape shape = as_number) {
  const long flags = raw.arguments[index];
  if ((flags & bit) != 0) return raw.make();
  return made(call, raw, shape, retry,
              [&](bool form) { return raw.make_with(index, form == atomic ? flags | bit : flags); });
}

/// Another system call takes the flag.
long substitute(Call call, const Raw& raw, const Raw& atomic_form, Retry retry = Retry::if_refused_or_invalid,
                Shape shape = as_number) {
  return made(call, raw, shape, retry, [&](bool form) { return (form == atomic ? atomic_form : raw).make(); });
}

long duplicated_onto(const Raw& raw) {
  const int from = raw.argument<int>(0);
  const int to = raw.argument<int>(1);
  if (from == to || is_exempt(to)) return raw.make();
#ifdef SYS_dup2
  if (raw.number == SYS_dup2) return substitute(Call::dup2, raw, {SYS_dup3, {from, to, O_CLOEXEC}});
#endif
  return flag(Call::dup3, raw, 2, O_CLOEXEC);
}

long controlled(const Raw& raw) {
  if (raw.argument<int>(1) != F_DUPFD) return raw.make();
  return substitute(Call::fcntl, raw, {raw.number, {raw.arguments[0], F_DUPFD_CLOEXEC, raw.arguments[2]}});
}

long received(Call call, const Raw& raw, int flags_index, auto headers, auto count) {
  return make_received(
      raw.site(call), raw.argument<int>(0), headers, raw.argument<int>(flags_index),
      [&raw, flags_index](int forced) { return raw.make_with(flags_index, forced); }, count);
}

long interposed(const Raw& raw) {
  constexpr Retry invalid = Retry::if_refused_or_invalid;
  const auto& a = raw.arguments;
  switch (raw.number) {
#ifdef SYS_open
    case SYS_open:
      return flag(Call::open, raw, 1, O_CLOEXEC, Retry::while_unsettled);
    case SYS_creat:
      return substitute(Call::creat, raw, {SYS_open, {a[0], O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, a[1]}},
                        Retry::while_unsettled);
    case SYS_pipe:
      return substitute(Call::pipe, raw, {SYS_pipe2, {a[0], O_CLOEXEC}}, invalid, as_pair(raw.argument<int*>(0)));
    case SYS_dup2:
      return duplicated_onto(raw);
    case SYS_epoll_create:
      if (raw.argument<int>(0) <= 0) return raw.make();
      return substitute(Call::epoll_create, raw, {SYS_epoll_create1, {EPOLL_CLOEXEC}});
    case SYS_eventfd:
      return substitute(Call::eventfd, raw, {SYS_eventfd2, {a[0], EFD_CLOEXEC}});
    case SYS_signalfd:
      if (raw.argument<int>(0) != -1) return raw.make();
      return substitute(Call::signalfd, raw, {SYS_signalfd4, {-1, a[1], a[2], SFD_CLOEXEC}});
    case SYS_inotify_init:
      return substitute(Call::inotify_init, raw, {SYS_inotify_init1, {IN_CLOEXEC}});
#endif
    case SYS_openat:
      return flag(Call::openat, raw, 2, O_CLOEXEC, Retry::while_unsettled);
    case SYS_openat2:
      return make_with_how(raw.site(Call::openat2), raw.argument<const open_how*>(2), raw.argument<std::size_t>(3),
                           [&raw](const open_how* how) { return raw.make_with(2, reinterpret_cast<long>(how)); });
    case SYS_open_by_handle_at:
      return flag(Call::open_by_handle_at, raw, 2, O_CLOEXEC, Retry::while_unsettled);
    case SYS_ioctl:
      return raw.argument<unsigned>(1) == TIOCGPTPEER ? flag(Call::ioctl, raw, 2, O_CLOEXEC) : raw.make();
    case SYS_dup:
      return substitute(Call::dup, raw, {fcntl_number, {a[0], F_DUPFD_CLOEXEC, 0}});
    case SYS_dup3:
      return duplicated_onto(raw);
    case SYS_fcntl:
      return controlled(raw);
#ifdef SYS_fcntl64
    case SYS_fcntl64:
      return controlled(raw);
#endif
    case SYS_pipe2:
      return flag(Call::pipe2, raw, 1, O_CLOEXEC, invalid, as_pair(raw.argument<int*>(0)));
    case SYS_socket:
      return flag(Call::socket, raw, 1, SOCK_CLOEXEC);
    case SYS_socketpair:
      return flag(Call::socketpair, raw, 1, SOCK_CLOEXEC, invalid, as_pair(raw.argument<int*>(3)));
#ifdef SYS_accept
    case SYS_accept:
      return substitute(Call::accept, raw, {SYS_accept4, {a[0], a[1], a[2], SOCK_CLOEXEC}},
                        Retry::if_accept4_is_refused);
#endif
    case SYS_accept4:
      return flag(Call::accept4, raw, 3, SOCK_CLOEXEC, Retry::if_accept4_is_refused);
    case SYS_recvmsg:
      return received(Call::recvmsg, raw, 2, Headers<msghdr>{raw.argument<msghdr*>(1), 1}, [](long) { return 1U; });
#ifdef SYS_recvmmsg_time64
    case SYS_recvmmsg_time64:
#endif
    case SYS_recvmmsg:
      return received(Call::recvmmsg, raw, 3, Headers<mmsghdr>{raw.argument<mmsghdr*>(1), raw.argument<unsigned>(2)},
                      [](long messages) { return static_cast<unsigned>(messages); });
    case SYS_epoll_create1:
      return flag(Call::epoll_create1, raw, 0, EPOLL_CLOEXEC);
    case SYS_eventfd2:
      return flag(Call::eventfd, raw, 1, EFD_CLOEXEC);
    case SYS_signalfd4:
      return raw.argument<int>(0) != -1 ? raw.make() : flag(Call::signalfd, raw, 3, SFD_CLOEXEC);
    case SYS_timerfd_create:
      return flag(Call::timerfd_create, raw, 1, TFD_CLOEXEC);
    case SYS_inotify_init1:
      return flag(Call::inotify_init1, raw, 0, IN_CLOEXEC);
    case SYS_fanotify_init: {
      Raw with_events = raw;
      if (verdict_on(raw.site(Call::fanotify_init)) != Verdict::exempt) with_events.arguments[1] |= O_CLOEXEC;
      return flag(Call::fanotify_init, with_events, 0, FAN_CLOEXEC);
    }
    case SYS_memfd_create:
      return flag(Call::memfd_create, raw, 1, MFD_CLOEXEC);
#ifdef SYS_memfd_secret
    case SYS_memfd_secret:
      return flag(Call::syscall, raw, 0, O_CLOEXEC);
#endif
    case SYS_userfaultfd:
      return flag(Call::syscall, raw, 0, O_CLOEXEC);
    case SYS_perf_event_open:
      return flag(Call::syscall, raw, 4, PERF_FLAG_FD_CLOEXEC);
    case SYS_fsopen:
      return flag(Call::fsopen, raw, 1, FSOPEN_CLOEXEC);
    case SYS_fsmount:
      return flag(Call::fsmount, raw, 1, FSMOUNT_CLOEXEC);
    case SYS_fspick:
      return flag(Call::fspick, raw, 2, FSPICK_CLOEXEC);
    case SYS_open_tree:
      return flag(Call::open_tree, raw, 2, OPEN_TREE_CLOEXEC);
    case open_tree_attr:
      return flag(Call::open_tree, raw, 2, OPEN_TREE_CLOEXEC);
    default:
      return raw.make();
  }
}

}  // namespace

INTERPOSE(long, syscall, long number, ...) noexcept {
  va_list rest;
  va_start(rest, number);
  Raw raw{number, {}, __builtin_return_address(0)};
  for (long& argument : raw.arguments) argument = va_arg(rest, long);
  va_end(rest);
  return interposed(raw);
}
