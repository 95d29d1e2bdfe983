// SPDX-License-Identifier: Apache-2.0

#include "shim/record/door.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "shim/host/descriptor.h"
#include "shim/host/raw_syscall.h"

namespace cloexec {
namespace {

template <typename Type>
long address_of(Type& object) {
  return reinterpret_cast<long>(&object);
}

/// Who answers there: any user could have taken the name.
bool is_trusted_peer(long socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return raw_syscall(__NR_getsockopt, socket, SOL_SOCKET, SO_PEERCRED, address_of(peer), address_of(size)) == 0 &&
         is_trusted(peer.uid);
}

void set_patience(long socket) {
  const long second[] = {1, 0};  // a timeval as the kernel has it
  raw_syscall(__NR_setsockopt, socket, SOL_SOCKET, SO_SNDTIMEO, address_of(second), sizeof second);
  raw_syscall(__NR_setsockopt, socket, SOL_SOCKET, SO_RCVTIMEO, address_of(second), sizeof second);
}

bool connect(long socket, const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t size = std::strlen(path);
  // Behind the zero by which an abstract name begins.
  if (size >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path + 1, path, size);
  const auto length = static_cast<long>(offsetof(sockaddr_un, sun_path) + 1 + size);
  return raw_syscall(__NR_connect, socket, address_of(address), length) == 0;
}

/// Whether it can become no shorter: who has mapped it would be killed (fcntl(2), F_ADD_SEALS; mmap(2), SIGBUS).
bool is_sealed(int fd) {
  const long seals = raw_syscall(fcntl_number, fd, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}

/// What comes with the answer: unix(7), SCM_RIGHTS.
int receive(long socket) {
  char answer = 0;
  iovec data{&answer, sizeof answer};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (raw_syscall(__NR_recvmsg, socket, address_of(message), MSG_CMSG_CLOEXEC) < 0) return -1;
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
      header->cmsg_len != CMSG_LEN(sizeof(int)))
    return -1;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

}  // namespace

bool is_trusted(unsigned user) { return user == 0 || user == static_cast<unsigned>(raw_syscall(geteuid_number)); }

int ask_for_ring(const char* path) {
  const long socket = raw_syscall(__NR_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  set_patience(socket);
  const int fd = connect(socket, path) && is_trusted_peer(socket) ? receive(socket) : -1;
  raw_syscall(__NR_close, socket);
  if (fd < 0 || is_sealed(fd)) return fd;
  raw_syscall(__NR_close, fd);
  return -1;
}

}  // namespace cloexec
