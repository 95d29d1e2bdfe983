// SPDX-License-Identifier: Apache-2.0
//
// Family receive: descriptors that another process sent.

#include "shim/method/receive.h"

#include "shim/interpose.h"

using namespace cloexec;

namespace {

ssize_t received_one(int fd, msghdr* message, int flags, const Recipe& recipe, const void* caller) {
  const Word words[most_words] = {fd, to_word(message), flags};
  return make_received(WordCall(recipe, caller, words), one_header(message));
}

int received_many(int fd, mmsghdr* messages, unsigned count, int flags, const void* timeout, const Recipe& recipe,
                  const void* caller) {
  const Word words[most_words] = {fd, to_word(messages), to_word(count), flags, to_word(timeout)};
  return static_cast<int>(make_received(WordCall(recipe, caller, words), many_headers(messages, count)));
}

consteval Recipe receiving(Call call, std::uint8_t flags) { return flag(call, flags, MSG_CMSG_CLOEXEC); }

}  // namespace

INTERPOSE(ssize_t, recvmsg, int fd, msghdr* message, int flags) {
  return received_one(fd, message, flags, stored<receiving(Call::recvmsg, 2)>, CALLER);
}

INTERPOSE(int, recvmmsg, int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  return received_many(fd, messages, count, flags, timeout, stored<receiving(Call::recvmmsg, 3)>, CALLER);
}

#ifdef __i386__
INTERPOSE(ssize_t, __recvmsg64, int fd, msghdr* message, int flags) {
  return received_one(fd, message, flags, stored<receiving(Call::__recvmsg64, 2)>, CALLER);
}

INTERPOSE(int, __recvmmsg64, int fd, mmsghdr* messages, unsigned count, int flags, __timespec64* timeout) {
  return received_many(fd, messages, count, flags, timeout, stored<receiving(Call::__recvmmsg64, 3)>, CALLER);
}
#endif
