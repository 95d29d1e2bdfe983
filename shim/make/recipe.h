// SPDX-License-Identifier: Apache-2.0
//
// How a call is made close-on-exec, as data: what is different in its atomic form, which function makes that, and how
// descriptors are found in its result.
#pragma once

#include <cstdint>

#include "catalogue/call.h"
#include "shim/process/forced.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// How the atomic form comes from the plain one.
enum class Way : std::uint8_t {
  flag,        // `value` is added to the word at `place`
  word,        // the word at `place` becomes `value`
  open_how,    // O_CLOEXEC is added in the struct at `place`, whose size comes next: openat2(2)
  fopen_mode,  // "e" is added to the mode string at `place`
  popen_mode,  // the same in popen's language
  creat,       // an open with creat's flags, which are `value`
  tmpfile,     // put together from what takes a flag
  openpty,     // the same
};

/// Whether several calls make the atomic form, any of which may leave an errno.
constexpr bool is_put_together(Way way) { return way == Way::tmpfile || way == Way::openpty; }

/// Where a call's descriptors are.
enum class Outcome : std::uint8_t {
  number,       // it is the result
  stream,       // the result's (fileno(3))
  pair,         // two, where the word at `subject` points to
  rights,       // what the message at `subject` brought: SCM_RIGHTS, unix(7)
  many_rights,  // what so many messages brought as the result says: recvmmsg(2)
};

/// When the plain form is tried after the atomic one has failed.
enum class Retry : std::uint8_t {
  never,                  // the call has done something when it fails
  if_refused_or_invalid,  // ENOSYS, EPERM: a sandbox. EINVAL: a kernel that does not know the flag
  while_unsettled,        // ENOSYS, EPERM, until the form has worked: then its errors are taken for the call's own. Not
                          // EINVAL: O_CLOEXEC is ignored where it is not known, and the file may be there when that
                          // comes (O_DIRECT)
  if_accept4_is_refused,  // ENOSYS: at once. EPERM, EINVAL: only if accept4 of no descriptor answers other than EBADF,
                          // for the connection may be taken already
  if_family_refuses,      // ENOSYS, EPERM: a sandbox. CAN-ISOTP answers EINVAL to MSG_CMSG_CLOEXEC, MCTP and Phonet
                      // EOPNOTSUPP, before they take a message (net/can/isotp.c). Of other families such an error is
                      // the socket's own
};

/// Whether only a call's arguments tell if it makes a descriptor at all: see makes_none().
constexpr bool may_make_none(Call call) {
  switch (call) {
    case Call::dup2:
    case Call::__dup2:
    case Call::dup3:
    case Call::fcntl:
    case Call::fcntl64:
    case Call::__fcntl:
    case Call::__fcntl_time64:
    case Call::ioctl:
    case Call::__ioctl_time64:
    case Call::signalfd:
    case Call::accept:
    case Call::accept4:
    case Call::epoll_create:
      return true;
    default:
      return false;
  }
}

struct Recipe {
  Call call;         // what rules and abilities are asked about
  Call atomic_call;  // whose function makes the atomic form
  Way way;
  std::uint8_t place = 0;    // of the word that is different in the atomic form
  std::int8_t subject = -1;  // place of the path, of the number that dup2 is told, or of what Outcome speaks of
  Outcome outcome = Outcome::number;
  Retry retry = Retry::if_refused_or_invalid;
  std::uint16_t number =
      0;  // the atomic form's system call, of calls by number and should libc lack the function; 0: none
  std::uint32_t value = 0;      // the bit to add, or the word to put, at `place`
  bool fills_template = false;  // a call that fails may have filled in the XXXXXX: mkstemp(3)
  Kind kind = kind_of(call);    // of object
  bool may_make_none = cloexec::may_make_none(
      call);  // make_words() must not take the short way then; an interposer that calls make_quickly has looked

  consteval Recipe about(std::int8_t where) const {
    Recipe changed = *this;
    changed.subject = where;
    return changed;
  }
  consteval Recipe giving(Outcome what) const {
    Recipe changed = *this;
    changed.outcome = what;
    return changed;
  }
  consteval Recipe retried(Retry when) const {
    Recipe changed = *this;
    changed.retry = when;
    return changed;
  }
  consteval Recipe or_syscall(std::uint16_t which) const {
    Recipe changed = *this;
    changed.number = which;
    return changed;
  }
  consteval Recipe from_template() const {
    Recipe changed = *this;
    changed.fills_template = true;
    return changed.about(0);
  }
};

/// The argument at `place` holds the flags, and `bit` means close-on-exec.
consteval Recipe flag(Call call, std::uint8_t place, std::uint32_t bit) {
  return {.call = call, .atomic_call = call, .way = Way::flag, .place = place, .value = bit};
}

/// Another call, to which `value` is given at `place`.
consteval Recipe substitute(Call call, Call other, std::uint8_t place, std::uint32_t value) {
  return {.call = call, .atomic_call = other, .way = Way::word, .place = place, .value = value};
}

/// A stream made with the mode string at `place`.
consteval Recipe with_mode(Call call, Way way, std::uint8_t place) {
  return {.call = call,
          .atomic_call = call,
          .way = way,
          .place = place,
          .outcome = Outcome::stream,
          .retry = Retry::while_unsettled};
}

/// Made in a way of its own, with `other`'s function.
consteval Recipe by_way(Way way, Call call, Call other) { return {.call = call, .atomic_call = other, .way = way}; }

/// A recipe in memory, once for all who use it.
template <Recipe recipe>
inline constexpr Recipe stored = recipe;

}  // namespace cloexec
