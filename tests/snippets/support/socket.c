// SPDX-License-Identifier: Apache-2.0
//
// socket(2) and socketpair(2).

#include "families.h"
#include "loopback.h"

typedef int socket_type(int, int, int);
typedef int socketpair_type(int, int, int, int*);

enum { unknown_bit = 1 << 24 };

static int make_socket(int* fds) { return fds[0] = CALL(socket_type*)(AF_INET, SOCK_STREAM, 0); }
static int make_socketpair(int* fds) { return CALL(socketpair_type*)(AF_UNIX, SOCK_STREAM, 0, fds); }

const struct maker socket_maker = {.count = 1, .roles = {"fd"}, .make = make_socket};
const struct maker socketpair_maker = {.count = 2, .roles = {"one end", "other end"}, .make = make_socketpair};

static void tell_connects(int fd) {
  struct sockaddr_in address;
  const int listener = listen_on_loopback(&address);
  RESULT("connect", connect(fd, (struct sockaddr*)&address, sizeof address));
  const int peer = accept(listener, NULL, NULL);
  tell_carries("socket", fd, peer);
  close(peer);
  close(listener);
}

void run_socket(void) {
  socket_type* const make = CALL(socket_type*);
  int fds[most_descriptors];
  if (made(&socket_maker, fds)) {
    tell_connects(fds[0]);
    release(&socket_maker, fds);
  }
  const int fd = make(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  fact("is-nonblocking=%d", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  tell_flag("nonblocking", fd);
  close(fd);
  DESCRIPTOR("asked", make(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  DESCRIPTOR("ipv6-or-not", make(AF_INET6, SOCK_DGRAM, 0));
  DESCRIPTOR("netlink-or-not", make(AF_NETLINK, SOCK_RAW, 0));
  DESCRIPTOR("unknown-family", make(1000, SOCK_STREAM, 0));
  DESCRIPTOR("negative-family", make(-1, SOCK_STREAM, 0));
  DESCRIPTOR("unknown-type", make(AF_INET, 15, 0));
  DESCRIPTOR("unknown-bit", make(AF_INET, SOCK_STREAM | unknown_bit, 0));
  DESCRIPTOR("unknown-bit-asked", make(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | unknown_bit, 0));
  DESCRIPTOR("unknown-protocol", make(AF_INET, SOCK_STREAM, 9999));
  DESCRIPTOR("wrong-protocol", make(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  const int saved = free_zero();
  DESCRIPTOR("asked", make(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  restore_zero(saved);
  tell_limits(&socket_maker);
}

void run_socketpair(void) {
  socketpair_type* const make = CALL(socketpair_type*);
  int ends[most_descriptors];
  if (made(&socketpair_maker, ends)) {
    tell_carries("forth", ends[0], ends[1]);
    tell_carries("back", ends[1], ends[0]);
    release(&socketpair_maker, ends);
  }
  ends[0] = ends[1] = -7;
  RESULT("internet", make(AF_INET, SOCK_STREAM, 0, ends));
  RESULT("unknown-family", make(1000, SOCK_STREAM, 0, ends));
  RESULT("unknown-type", make(AF_UNIX, 15, 0, ends));
  RESULT("unknown-bit", make(AF_UNIX, SOCK_STREAM | unknown_bit, 0, ends));
  RESULT("unknown-protocol", make(AF_UNIX, SOCK_STREAM, 9999, ends));
  fact("ends-kept=%d", ends[0] == -7 && ends[1] == -7);
  RESULT("bad-pointer", make(AF_UNIX, SOCK_STREAM, 0, NULL));
  RESULT("asked", make(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
  tell_flag("asked one end", ends[0]);
  tell_flag("asked other end", ends[1]);
  fact("is-nonblocking=%d", (fcntl(ends[1], F_GETFL) & O_NONBLOCK) != 0);
  close(ends[0]);
  close(ends[1]);
  tell_limits(&socketpair_maker);
}
