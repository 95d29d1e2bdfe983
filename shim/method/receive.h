// SPDX-License-Identifier: Apache-2.0
//
// Method "flag" for recvmsg(2) and recvmmsg(2), which make descriptors only by the way: those that SCM_RIGHTS messages
// carry (unix(7)).
#pragma once

#include <sys/socket.h>

#include <cstddef>

#include "shim/method/result.h"
#include "shim/method/site.h"

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

/// Refers to a closure that receives with the flags that it is told.
class Receive {
 public:
  template <typename Closure>
  explicit Receive(const Closure& closure)
      : closure_(&closure),
        receive_([](const void* object, int flags) { return to_word((*static_cast<const Closure*>(object))(flags)); }) {
  }

  Word operator()(int flags) const { return receive_(closure_, flags); }

 private:
  const void* closure_;
  Word (*receive_)(const void*, int);
};

/// Receives from `fd`, with every descriptor that comes close-on-exec.
Word make_received(const Site& site, int fd, const Headers& headers, int flags, Receive receive);

}  // namespace cloexec
