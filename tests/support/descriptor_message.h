// SPDX-License-Identifier: Apache-2.0
//
// A message of one byte that carries descriptors (unix(7), SCM_RIGHTS): to send them, and to receive as many.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstring>

template <std::size_t count>
class DescriptorMessage {
 public:
  explicit DescriptorMessage(const int (&fds)[count]) {
    header_.msg_iov = &data_;
    header_.msg_iovlen = 1;
    header_.msg_control = control_;
    header_.msg_controllen = sizeof control_;
    cmsghdr* const first = CMSG_FIRSTHDR(&header_);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(sizeof fds);
    std::memcpy(CMSG_DATA(first), fds, sizeof fds);
  }
  DescriptorMessage(const DescriptorMessage&) = delete;
  DescriptorMessage& operator=(const DescriptorMessage&) = delete;

  /// For sendmsg(2) and recvmsg(2).
  msghdr* header() { return &header_; }

  /// Calls visit(fd) for each that it carries: no more than there was room for.
  void each(auto visit) const {
    const cmsghdr* const first = CMSG_FIRSTHDR(&header_);
    for (std::size_t at = CMSG_LEN(0); first != nullptr && at + sizeof(int) <= first->cmsg_len; at += sizeof(int)) {
      int fd;
      std::memcpy(&fd, reinterpret_cast<const char*>(first) + at, sizeof fd);
      visit(fd);
    }
  }

 private:
  char byte_ = 'x';
  iovec data_{&byte_, 1};
  alignas(cmsghdr) char control_[CMSG_SPACE(count * sizeof(int))]{};
  msghdr header_{};
};
