// SPDX-License-Identifier: Apache-2.0
//
// Method "flag" for recvmsg(2) and recvmmsg(2), which make descriptors only by the way: those that SCM_RIGHTS messages
// carry (unix(7)).
#pragma once

#include <sys/socket.h>

#include <cstddef>

#include "shim/method/recipe.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Message headers, as recvmsg and recvmmsg have them: an mmsghdr begins with its msghdr.
struct Headers {
  msghdr* first;
  unsigned count;
  std::size_t stride;
  bool are_counted;  // recvmmsg returns how many were received

  msghdr& operator[](unsigned index) const {
    return *reinterpret_cast<msghdr*>(reinterpret_cast<char*>(first) + index * stride);
  }
};

constexpr Headers one_header(msghdr* header) { return {header, 1, 0, false}; }
inline Headers many_headers(mmsghdr* headers, unsigned count) {
  return {reinterpret_cast<msghdr*>(headers), count, sizeof *headers, true};
}

/// Receives with every descriptor that comes close-on-exec.
Word make_received(const WordCall& call, const Headers& headers);

}  // namespace cloexec
