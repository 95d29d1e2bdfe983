// SPDX-License-Identifier: Apache-2.0

#include "receives.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int per_message = 2;
constexpr std::size_t messages = 2;

/// Room for one message, and for the credentials of its sender (unix(7)).
struct Mail {
  char text[8] = {};
  iovec bytes = {text, sizeof text};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(per_message * sizeof(int))] = {};

  msghdr header() {
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    return header;
  }
};

/// Out of the way of what a test counts on, and close-on-exec by the probe's own word.
int moved_up(int fd) {
  const int up = fcntl(fd, F_DUPFD_CLOEXEC, 200);
  close(fd);
  if (up < 0) abort();
  return up;
}

const std::array<int, 2>& ends() {
  static const std::array<int, 2> made = [] {
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair.data()) != 0) abort();
    return std::array{moved_up(pair[0]), moved_up(pair[1])};
  }();
  return made;
}

void send_descriptors() {
  Mail mail;
  msghdr header = mail.header();
  header.msg_controllen = CMSG_SPACE(per_message * sizeof(int));
  cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(per_message * sizeof(int));
  const int sent[per_message] = {1, 2};
  std::memcpy(CMSG_DATA(rights), sent, sizeof sent);
  if (sendmsg(ends()[1], &header, 0) < 0) abort();
}

void add_received(msghdr header, std::vector<int>& fds) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    int found[per_message];
    std::memcpy(found, CMSG_DATA(each), sizeof found);
    fds.insert(fds.end(), found, found + per_message);
  }
}

std::vector<int> receive_one(bool is_by_number, int flags) {
  Mail mail;
  msghdr header = mail.header();
  const auto got = is_by_number ? syscall(SYS_recvmsg, ends()[0], &header, flags) : recvmsg(ends()[0], &header, flags);
  if (got < 0) return {-1};
  std::vector<int> fds;
  add_received(header, fds);
  return fds;
}

std::vector<int> receive_two(bool is_by_number) {
  Mail mails[messages];
  mmsghdr headers[messages] = {};
  for (std::size_t i = 0; i < messages; ++i) headers[i].msg_hdr = mails[i].header();
  const auto got = is_by_number ? syscall(SYS_recvmmsg, ends()[0], headers, messages, 0, nullptr)
                                : recvmmsg(ends()[0], headers, messages, 0, nullptr);
  if (got < 0) return {-1};
  std::vector<int> fds;
  for (long i = 0; i < got; ++i) add_received(headers[i].msg_hdr, fds);
  return fds;
}

/// As many headers as the kernel takes at most, without room for control messages, and said to be more: behind them
/// lies a page that ends the process. How many messages came.
std::vector<int> receive_past_the_end() {
  constexpr std::size_t most = 1024;
  constexpr std::size_t size = most * sizeof(mmsghdr);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t room = (size + page - 1) / page * page;
  void* const memory = mmap(nullptr, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(static_cast<char*>(memory) + room, page, PROT_NONE) != 0) abort();
  auto* const headers = reinterpret_cast<mmsghdr*>(static_cast<char*>(memory) + room - size);
  return {recvmmsg(ends()[0], headers, 4 * most, MSG_DONTWAIT, nullptr)};
}

/// A datagram that brings, of another protocol's, a number: how far it may yet go (ip(7)).
std::vector<int> receive_from_internet() {
  constexpr int hops = 20;
  const int on = 1;
  const int fd = moved_up(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, name, size) != 0 || getsockname(fd, name, &size) != 0) abort();
  if (setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof hops) != 0) abort();
  if (setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on) != 0) abort();
  if (sendto(fd, "bytes", 5, 0, name, size) != 5) abort();
  Mail mail;
  msghdr header = mail.header();
  if (recvmsg(fd, &header, 0) < 0) return {-1};
  close(fd);
  int number = -1;
  if (const cmsghdr* const first = CMSG_FIRSTHDR(&header)) std::memcpy(&number, CMSG_DATA(first), sizeof number);
  return {number};
}

}  // namespace

std::vector<int> receive(const std::string& how) {
  const int asks_for_credentials = how == "recvmsg-credentials" ? 1 : 0;
  setsockopt(ends()[0], SOL_SOCKET, SO_PASSCRED, &asks_for_credentials, sizeof asks_for_credentials);
  if (how == "recvmsg-internet") return receive_from_internet();
  if (how == "recvmsg-null") return {static_cast<int>(recvmsg(ends()[0], nullptr, MSG_DONTWAIT))};
  send_descriptors();
  if (how == "recvmmsg-past-the-end") return receive_past_the_end();
  if (how == "recvmsg" || how == "recvmsg-credentials") return receive_one(false, 0);
  if (how == "recvmsg-cloexec") return receive_one(false, MSG_CMSG_CLOEXEC);
  if (how == "syscall-recvmsg") return receive_one(true, 0);
  send_descriptors();
  if (how == "recvmmsg") return receive_two(false);
  if (how == "syscall-recvmmsg") return receive_two(true);
  abort();
}
