// SPDX-License-Identifier: Apache-2.0

#include "shim/method/receive.h"

#include <cerrno>
#include <cstring>

#include "shim/borrowed.h"
#include "shim/method/make.h"
#include "shim/verdict.h"

namespace cloexec {
namespace {

/// Calls visit(site, fd) for every descriptor that `message` brought.
[[gnu::noinline]] void each_received(const Site& site, const msghdr& message, void (*visit)(const Site&, int)) {
  auto* at = static_cast<const unsigned char*>(message.msg_control);
  std::size_t left = message.msg_controllen;
  while (left >= sizeof(cmsghdr)) {
    const auto* header = reinterpret_cast<const cmsghdr*>(at);
    if (header->cmsg_len < sizeof(cmsghdr) || header->cmsg_len > left) return;
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      for (std::size_t offset = CMSG_LEN(0); offset + sizeof(int) <= header->cmsg_len; offset += sizeof(int)) {
        int fd;
        std::memcpy(&fd, at + offset, sizeof fd);
        visit(site, fd);
      }
    const std::size_t step = CMSG_ALIGN(header->cmsg_len);
    if (step >= left) return;
    at += step;
    left -= step;
  }
}

[[gnu::noinline]] void each_received(const Site& site, const Headers& headers, Word received,
                                     void (*visit)(const Site&, int)) {
  const unsigned count = headers.are_counted ? static_cast<unsigned>(received) : 1U;
  for (unsigned i = 0; i < count && i < headers.count; ++i) each_received(site, headers[i], visit);
}

/// Without room for control messages no descriptor can arrive, and some address families refuse the flag. The kernel
/// takes no more than so many headers at a time (UIO_MAXIOV), whatever the caller says: recvmmsg(2).
bool take_control(const Headers& headers) {
  constexpr unsigned most = 1024;
  for (unsigned i = 0; headers.first != nullptr && i < headers.count && i < most; ++i)
    if (headers[i].msg_control != nullptr && headers[i].msg_controllen > 0) return true;
  return false;
}

/// CAN-ISOTP answers EINVAL to the flag, MCTP and Phonet EOPNOTSUPP, before they take a message (net/can/isotp.c). On
/// any other family such an error is the socket's own, and the next receive would wait.
bool refuses_flag(int fd) {
  const int error_before = errno;
  int domain = AF_UNSPEC;
  socklen_t size = sizeof domain;
  next_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  errno = error_before;
  return domain == AF_CAN || domain == AF_MCTP || domain == AF_PHONET;
}

bool is_settled(const Site& site) { return settled_function(site.call) != nullptr && !is_vfork_child(); }

/// A descriptor received with the flag asked for; the first one tells whether the flag is honoured.
void settle_received(const Site& site, int fd) {
  if (is_settled(site) && note_plain(Kind::any, fd)) return;
  if (ability_of(site.call) == Ability::unknown) remember(site.call, look_at(fd));
  if (ability_of(site.call) == Ability::missing)
    force_afterwards(site, fd);
  else
    release_exempt(site, fd);
  settle_if_known(site.call, symbol_of(site.call));
}

void note_marked(const Site& site, int fd) { note_made(site, fd, Made::marked); }

void note_left(const Site& site, int fd) { note_made(site, fd, Made::left); }

/// The function that counts returns an int, the other a long.
Word receive(const WordCall& call, const Headers& headers, bool form) {
  const Word result = call.make(form);
  return headers.are_counted ? static_cast<int>(result) : result;
}

Word receive_plainly(const WordCall& call, const Headers& headers, void (*visit)(const Site&, int)) {
  const Word result = receive(call, headers, plain);
  if (result >= 0 && take_control(headers)) each_received(call.site(), headers, result, visit);
  return result;
}

}  // namespace

Word make_received(const WordCall& call, const Headers& headers) {
  if (call.is_asked_for()) return receive_plainly(call, headers, note_marked);
  const Site site = call.site();
  if (!is_settled(site) && verdict_on(site) == Verdict::exempt) return receive_plainly(call, headers, note_left);
  if (!take_control(headers)) return receive(call, headers, plain);
  const int error_before = errno;
  const Word result = receive(call, headers, atomic);
  if (result < 0) {
    if ((errno != EINVAL && errno != EOPNOTSUPP) || !refuses_flag(call.arguments()[0])) return result;
    const Word second = receive_plainly(call, headers, force_afterwards);
    if (second >= 0) errno = error_before;
    return second;
  }
  // The kernel reports the flag back, and programs compare msg_flags with what they know.
  const unsigned count = headers.are_counted ? static_cast<unsigned>(result) : 1U;
  for (unsigned i = 0; i < count && i < headers.count; ++i) headers[i].msg_flags &= ~MSG_CMSG_CLOEXEC;
  each_received(site, headers, result, settle_received);
  return result;
}

}  // namespace cloexec
