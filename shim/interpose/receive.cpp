// SPDX-License-Identifier: Apache-2.0
//
// Family receive: descriptors that another process sent.

#include "shim/interpose/interpose.h"
#include "shim/interpose/recipes.h"

using namespace cloexec;

INTERPOSE(ssize_t, recvmsg, int fd, msghdr* message, int flags) {
  return make_by<receive_recipe(Call::recvmsg, 1, 2, Outcome::rights)>(CALLER, fd, message, flags);
}

INTERPOSE(int, recvmmsg, int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  return make_by<receive_recipe(Call::recvmmsg, 1, 3, Outcome::many_rights)>(CALLER, fd, messages, count, flags,
                                                                             timeout);
}

#ifndef __LP64__
INTERPOSE(ssize_t, __recvmsg64, int fd, msghdr* message, int flags) {
  return make_by<receive_recipe(Call::__recvmsg64, 1, 2, Outcome::rights)>(CALLER, fd, message, flags);
}

INTERPOSE(int, __recvmmsg64, int fd, mmsghdr* messages, unsigned count, int flags, __timespec64* timeout) {
  return make_by<receive_recipe(Call::__recvmmsg64, 1, 3, Outcome::many_rights)>(CALLER, fd, messages, count, flags,
                                                                                 timeout);
}
#endif
