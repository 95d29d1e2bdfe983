// SPDX-License-Identifier: Apache-2.0
//
// See fixture.h. A sandbox may refuse the flags, hence the second attempts.
#include "tests/support/fixture.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <atomic>

#include "tests/support/descriptor_message.h"

namespace {

int private_socket() {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 && (fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0) ioctl(fd, FIOCLEX);
  return fd;
}

int make_listener() {
  const int fd = private_socket();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool listens = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, 16) == 0 &&
                       fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
  return listens ? fd : -1;
}

struct Pair {
  int ends[2]{-1, -1};
  Pair() {
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0) return;
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) return;
    for (const int end : ends) ioctl(end, FIOCLEX);
  }
};

}  // namespace

int spare_descriptor() {
  static const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  return fd;
}

int high_number() {
  static std::atomic<int> threads{0};
  thread_local const int number = 200 + threads++ % 200;
  return number;
}

int listener() {
  thread_local const int fd = make_listener();
  return fd;
}

int connect_to_listener() {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(listener(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
  const int fd = private_socket();
  // A reset at close: thousands of connections would leave as many ports in TIME_WAIT.
  const linger reset{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  return connect(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 ? fd : -1;
}

const int* private_pair() {
  thread_local const Pair pair;
  return pair.ends;
}

bool send_descriptor() {
  DescriptorMessage message({spare_descriptor()});
  return sendmsg(private_pair()[0], message.header(), 0) == 1;
}
