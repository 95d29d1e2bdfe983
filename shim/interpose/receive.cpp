// SPDX-License-Identifier: Apache-2.0
//
// Family receive: descriptors that another process sent.

#include "shim/method/receive.h"

#include "shim/interpose.h"

using namespace cloexec;

namespace {

ssize_t received_one(Site site, auto next, int fd, msghdr* message, int flags) {
  return make_received(
      site, fd, Headers<msghdr>{message, 1}, flags, [=](int forced) { return next(fd, message, forced); },
      [](ssize_t) { return 1U; });
}

int received_many(Site site, auto next, int fd, mmsghdr* messages, unsigned count, int flags, auto* timeout) {
  return make_received(
      site, fd, Headers<mmsghdr>{messages, count}, flags,
      [=](int forced) { return next(fd, messages, count, forced, timeout); },
      [](int messages_received) { return static_cast<unsigned>(messages_received); });
}

}  // namespace

INTERPOSE(ssize_t, recvmsg, int fd, msghdr* message, int flags) {
  return received_one(HERE(recvmsg), next_recvmsg, fd, message, flags);
}

INTERPOSE(int, recvmmsg, int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  return received_many(HERE(recvmmsg), next_recvmmsg, fd, messages, count, flags, timeout);
}

#ifdef __i386__
INTERPOSE(ssize_t, __recvmsg64, int fd, msghdr* message, int flags) {
  return received_one(HERE(__recvmsg64), next___recvmsg64, fd, message, flags);
}

INTERPOSE(int, __recvmmsg64, int fd, mmsghdr* messages, unsigned count, int flags, __timespec64* timeout) {
  return received_many(HERE(__recvmmsg64), next___recvmmsg64, fd, messages, count, flags, timeout);
}
#endif
