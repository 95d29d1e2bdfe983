// SPDX-License-Identifier: Apache-2.0
//
// A TCP client and server that hand their sockets from number to number, and go on talking over the last one only.
// Prints "HOW wrapped=1 family=2 talks=1 cloexec=1" for each way: whether the kernel's own socket is socket_wrapper's
// (not AF_INET), what the program sees, whether a byte gets through, and the flag.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "tests/support/descriptor_message.h"

namespace {

template <typename Call>
int family_by(Call get_name, int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  return get_name(fd, &address, &size) == 0 ? address.ss_family : -1;
}

int name_by_kernel(int fd, sockaddr_storage* address, socklen_t* size) {
  return static_cast<int>(syscall(SYS_getsockname, fd, address, size));
}

int peer_name(int fd, sockaddr_storage* address, socklen_t* size) {
  return getpeername(fd, reinterpret_cast<sockaddr*>(address), size);
}

void show(const char* how, int fd, int peer) {
  char byte = 0;
  const bool talks = send(fd, "x", 1, 0) == 1 && recv(peer, &byte, 1, 0) == 1 && byte == 'x';
  std::printf("%s wrapped=%d family=%d talks=%d cloexec=%d\n", how, family_by(name_by_kernel, fd) != AF_INET,
              family_by(peer_name, fd), talks, fcntl(fd, F_GETFD));
}

/// Sends `fd` to this process itself and returns what arrives.
int passed(int fd) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return -1;
  DescriptorMessage message({fd});
  int received = -1;
  if (sendmsg(ends[0], message.header(), 0) == 1 && recvmsg(ends[1], message.header(), 0) == 1)
    message.each([&](int arrived) { received = arrived; });
  for (const int end : ends) close(end);
  return received;
}

struct Move {
  const char* how;
  int (*move)(int fd);
};

constexpr Move moves[] = {{"dup", [](int fd) { return dup(fd); }},
                          {"dup2", [](int fd) { return dup2(fd, 50); }},
                          {"F_DUPFD", [](int fd) { return fcntl(fd, F_DUPFD, 60); }},
                          {"recvmsg", passed}};

int moved(const Move& move, int fd) {
  const int result = move.move(fd);
  close(fd);
  return result;
}

}  // namespace

int main() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, generic, size) != 0 || listen(listener, 4) != 0 || getsockname(listener, generic, &size) != 0) {
    std::perror("listen");
    return 1;
  }
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client, generic, size) != 0) {
    std::perror("connect");
    return 1;
  }
  int server = accept(listener, nullptr, nullptr);
  show("socket", client, server);
  show("accept", server, client);
  for (const Move& move : moves) show(move.how, server = moved(move, server), client);

  listener = moved(moves[0], listener);
  const int second = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(second, generic, size) != 0) {
    std::perror("connect again");
    return 1;
  }
  show("accept4", accept4(listener, nullptr, nullptr, SOCK_NONBLOCK), second);
}
