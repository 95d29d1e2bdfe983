// SPDX-License-Identifier: Apache-2.0
//
// Family receive: descriptors that another process sent.

#include "shim/method/receive.h"

#include "shim/interpose.h"

using namespace cloexec;

namespace {

ssize_t received_one(Site site, Next<decltype(recvmsg)> next, int fd, msghdr* message, int flags) {
  return make_received(site, fd, one_header(message), flags,
                       Receive([=](int forced) { return next(fd, message, forced); }));
}

int received_many(Site site, auto next, int fd, mmsghdr* messages, unsigned count, int flags, auto* timeout) {
  return static_cast<int>(make_received(site, fd, many_headers(messages, count), flags, Receive([=](int forced) {
                                          return next(fd, messages, count, forced, timeout);
                                        })));
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
