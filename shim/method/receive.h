// SPDX-License-Identifier: Apache-2.0
//
// Method "flag" for recvmsg(2) and recvmmsg(2), which make descriptors only by the way: those that SCM_RIGHTS messages
// carry (unix(7)).
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "shim/method/make.h"
#include "shim/verdict.h"

namespace cloexec {

/// Calls visit(fd) for every descriptor that `message` brought.
inline void each_received(const msghdr& message, auto&& visit) {
  auto* at = static_cast<const unsigned char*>(message.msg_control);
  std::size_t left = message.msg_controllen;
  while (left >= sizeof(cmsghdr)) {
    const auto* header = reinterpret_cast<const cmsghdr*>(at);
    if (header->cmsg_len < sizeof(cmsghdr) || header->cmsg_len > left) return;
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      for (std::size_t offset = CMSG_LEN(0); offset + sizeof(int) <= header->cmsg_len; offset += sizeof(int)) {
        int fd;
        std::memcpy(&fd, at + offset, sizeof fd);
        visit(fd);
      }
    const std::size_t step = CMSG_ALIGN(header->cmsg_len);
    if (step >= left) return;
    at += step;
    left -= step;
  }
}

/// One or more message headers, as recvmsg and recvmmsg have them.
template <typename Header>
struct Headers {
  Header* first;
  unsigned count;

  static msghdr& message(msghdr& header) { return header; }
  static msghdr& message(mmsghdr& header) { return header.msg_hdr; }

  /// The kernel takes no more at a time (UIO_MAXIOV), whatever the caller says: recvmmsg(2).
  static constexpr unsigned most = 1024;

  void each(unsigned received, auto&& visit) const {
    for (unsigned i = 0; i < received && i < count; ++i) visit(message(first[i]));
  }

  /// Without room for control messages no descriptor can arrive, and some address families refuse the flag.
  bool take_control() const {
    for (unsigned i = 0; first != nullptr && i < count && i < most; ++i)
      if (const msghdr& header = message(first[i]); header.msg_control != nullptr && header.msg_controllen > 0)
        return true;
    return false;
  }
};

namespace detail {

/// CAN-ISOTP answers EINVAL to the flag, MCTP and Phonet EOPNOTSUPP, before they take a message (net/can/isotp.c). On
/// any other family such an error is the socket's own, and the next receive would wait.
inline bool refuses_flag(int fd) {
  const int error_before = errno;
  int domain = AF_UNSPEC;
  socklen_t size = sizeof domain;
  next_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  errno = error_before;
  return domain == AF_CAN || domain == AF_MCTP || domain == AF_PHONET;
}

/// A descriptor received with the flag asked for; the first one tells whether the flag is honoured.
inline void settle_received(const Site& site, int fd) {
  if (state_of(site.call).ability == Ability::unknown) remember(site.call, look_at(fd));
  if (state_of(site.call).ability == Ability::missing)
    force_afterwards(site, fd);
  else
    release_exempt(site, fd);
}

}  // namespace detail

/// Calls `receive(flags)`, which returns -1 or what `received` makes a count of headers from.
auto make_received(const Site& site, int fd, auto headers, int flags, auto receive, auto received) {
  if ((flags & MSG_CMSG_CLOEXEC) != 0 || verdict_on(site) == Verdict::exempt || !headers.take_control())
    return receive(flags);
  const int error_before = errno;
  auto result = receive(flags | MSG_CMSG_CLOEXEC);
  if (result < 0 && (errno == EINVAL || errno == EOPNOTSUPP) && detail::refuses_flag(fd)) {
    result = receive(flags);
    if (result >= 0) {
      errno = error_before;
      headers.each(received(result), [&](msghdr& message) {
        each_received(message, [&](int received_fd) { force_afterwards(site, received_fd); });
      });
    }
    return result;
  }
  if (result >= 0)
    headers.each(received(result), [&](msghdr& message) {
      // The kernel reports the flag back, and programs compare msg_flags with what they know.
      message.msg_flags &= ~MSG_CMSG_CLOEXEC;
      each_received(message, [=](int received_fd) { detail::settle_received(site, received_fd); });
    });
  return result;
}

}  // namespace cloexec
