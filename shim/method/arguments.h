// SPDX-License-Identifier: Apache-2.0
//
// Calls whose arguments decide whether they make a descriptor at all, be they made by function or by number.
#pragma once

#include <sys/socket.h>

#include "shim/method/result.h"
#include "shim/method/site.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct CallArguments {
  Call call;
  const Word* words;

  int operator[](unsigned place) const { return static_cast<int>(words[place]); }

  /// Whether nothing is made with them, or nothing that could be forced.
  bool make_none() const;

  /// Whether libcs differ in what they make of them, so that the call must be made as it was written.
  bool must_stay_plain() const;

  /// Notes what a call that made none has changed: after it the flag is the program's own business.
  void note(const Site& site, int result) const;
};

/// The kernel says EINVAL of a negative length when it has taken the connection, and musl's accept4 then accepts
/// another one unless its flags are 0: it gets the call as it was written. There is no descriptor to mark in any case.
inline bool has_bad_length(const sockaddr* address, const socklen_t* length) {
  return address != nullptr && length != nullptr && static_cast<int>(*length) < 0;
}

}  // namespace cloexec
