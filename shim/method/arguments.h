// SPDX-License-Identifier: Apache-2.0
//
// Calls whose arguments decide whether they make a descriptor at all, be they made by function or by number.
#pragma once

#include <sys/socket.h>

#include "shim/method/result.h"
#include "shim/method/site.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The calls of which that is so; it is not known what they make before their arguments are.
enum class Special : std::uint8_t { none, epoll_create, dup2, dup3, fcntl, ioctl, signalfd, accept };

constexpr Special special_of(Call call) {
  switch (call) {
    case Call::epoll_create:
      return Special::epoll_create;
    case Call::dup2:
    case Call::__dup2:
      return Special::dup2;
    case Call::dup3:
      return Special::dup3;
    case Call::fcntl:
    case Call::fcntl64:
    case Call::__fcntl:
    case Call::__fcntl_time64:
      return Special::fcntl;
    case Call::ioctl:
    case Call::__ioctl_time64:
      return Special::ioctl;
    case Call::signalfd:
      return Special::signalfd;
    case Call::accept:
    case Call::accept4:
      return Special::accept;
    default:
      return Special::none;
  }
}

struct CallArguments {
  Call call;
  const Word* words;

  int operator[](unsigned place) const { return static_cast<int>(words[place]); }

  /// Whether nothing is made with them, or nothing that could be forced.
  bool make_none() const;

  /// Whether libcs differ in what they make of them, so that the call must be made as it was written.
  bool must_stay_plain() const;

  /// Before a call that makes none: what it marks is the program's own from now on, not when somebody has come between.
  void forget_marked() const;

  /// Notes what a call that made none has changed: after it the flag is the program's own business.
  void note(const Site& site, int result) const;
};

/// The kernel says EINVAL of a negative length when it has taken the connection, and musl's accept4 then accepts
/// another one unless its flags are 0: it gets the call as it was written. There is no descriptor to mark in any case.
inline bool has_bad_length(const sockaddr* address, const socklen_t* length) {
  return address != nullptr && length != nullptr && static_cast<int>(*length) < 0;
}

}  // namespace cloexec
