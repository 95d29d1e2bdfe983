// SPDX-License-Identifier: Apache-2.0

#include "shim/make/rights.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "shim/host/next.h"

namespace cloexec {
namespace {

/// The headers of recvmsg and recvmmsg: an mmsghdr begins with its msghdr.
class Headers {
 public:
  explicit Headers(const Attempt& attempt)
      : first_(from_word<char*>(attempt.words[attempt.recipe.subject])),
        are_many_(attempt.recipe.outcome == Outcome::many_rights),
        count_(are_many_ ? static_cast<unsigned>(attempt.words[attempt.recipe.subject + 1]) : 1) {}

  /// How many there are to look at. The kernel takes no more at a time than UIO_MAXIOV, whatever the caller says.
  unsigned count() const {
    constexpr unsigned most = 1024;
    return first_ == nullptr ? 0 : count_ < most ? count_ : most;
  }

  /// How many were filled by a call of that result.
  unsigned received(Word result) const {
    const auto filled = are_many_ ? static_cast<unsigned>(result) : 1U;
    return filled < count() ? filled : count();
  }

  msghdr& operator[](unsigned index) const {
    void* const at = first_ + index * (are_many_ ? sizeof(mmsghdr) : sizeof(msghdr));
    return *static_cast<msghdr*>(at);
  }

 private:
  char* first_;
  bool are_many_;
  unsigned count_;
};

void each_right(const Site& site, const msghdr& message, void (*visit)(const Site&, int)) {
  auto* at = static_cast<const unsigned char*>(message.msg_control);
  std::size_t left = message.msg_controllen;
  while (left >= sizeof(cmsghdr)) {
    // Where the program has its room need not be aligned.
    cmsghdr header;
    std::memcpy(&header, at, sizeof header);
    if (header.cmsg_len < sizeof(cmsghdr) || header.cmsg_len > left) return;
    if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS)
      for (std::size_t offset = CMSG_LEN(0); offset + sizeof(int) <= header.cmsg_len; offset += sizeof(int)) {
        int fd;
        std::memcpy(&fd, at + offset, sizeof fd);
        visit(site, fd);
      }
    const std::size_t step = CMSG_ALIGN(header.cmsg_len);
    if (step >= left) return;
    at += step;
    left -= step;
  }
}

}  // namespace

bool has_room_for_rights(const Attempt& attempt) {
  const Headers headers(attempt);
  for (unsigned i = 0; i < headers.count(); ++i)
    if (headers[i].msg_control != nullptr && headers[i].msg_controllen > 0) return true;
  return false;
}

void each_right(const Attempt& attempt, Word result, void (*visit)(const Site&, int)) {
  const Headers headers(attempt);
  for (unsigned i = 0; i < headers.received(result); ++i) each_right(attempt.site(), headers[i], visit);
}

void hide_flag(const Attempt& attempt, Word result) {
  const Headers headers(attempt);
  for (unsigned i = 0; i < headers.received(result); ++i) headers[i].msg_flags &= ~MSG_CMSG_CLOEXEC;
}

bool does_family_refuse(const Attempt& attempt) {
  const int error_before = errno;
  int domain = AF_UNSPEC;
  socklen_t size = sizeof domain;
  next_getsockopt(static_cast<int>(attempt.arguments()[0]), SOL_SOCKET, SO_DOMAIN, &domain, &size);
  errno = error_before;
  return domain == AF_CAN || domain == AF_MCTP || domain == AF_PHONET;
}

}  // namespace cloexec
