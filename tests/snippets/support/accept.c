// SPDX-License-Identifier: Apache-2.0
//
// accept(2) and accept4(2).

#include "families.h"
#include "loopback.h"

typedef int plain_type(int, struct sockaddr*, socklen_t*);
typedef int flags_type(int, struct sockaddr*, socklen_t*, int);

static int listener = -1;
static int client = -1;

static int accepted(int fd, void* address, socklen_t* length, int flags) {
  return subject.kind == accept_plain ? CALL(plain_type*)(fd, address, length)
                                      : CALL(flags_type*)(fd, address, length, flags);
}

static void connect_client(void) {
  struct sockaddr_in address;
  listener = listen_on_loopback(&address);
  client = connect_to(&address);
}

static void close_client(void) {
  close(client);
  close(listener);
}

static int make_accept(int* fds) { return fds[0] = accepted(listener, NULL, NULL, 0); }

const struct maker accept_maker = {
    .count = 1, .roles = {"fd"}, .prepare = connect_client, .make = make_accept, .tidy = close_client};

static void tell_address(void) {
  struct sockaddr_in address = {0}, expected;
  socklen_t length = sizeof address, expected_length = sizeof expected;
  connect_client();
  errno = untouched;
  const int fd = accepted(listener, &address, &length, 0);
  const int error = errno;
  getsockname(client, (struct sockaddr*)&expected, &expected_length);
  fact("address length=%u right=%d errno=%s", (unsigned)length, address.sin_port == expected.sin_port,
       error_name(error));
  tell_flag("with-address", fd);
  close(fd);
  close_client();
}

/// A bad length is found only when the connection has been taken: a second try would take another one, or wait.
static void tell_bad_length(void) {
  struct sockaddr_in address;
  socklen_t length = (socklen_t)-1;
  connect_client();
  fcntl(listener, F_SETFL, O_NONBLOCK);
  DESCRIPTOR("bad-length", accepted(listener, &address, &length, 0));
  DESCRIPTOR("after-bad-length", accepted(listener, NULL, NULL, 0));
  close_client();
}

static void tell_accepted(const char* what, int flags, bool is_zero_free) {
  connect_client();
  fcntl(listener, F_SETFL, O_NONBLOCK);
  const int saved = is_zero_free ? free_zero() : -1;
  errno = untouched;
  const int fd = accepted(listener, NULL, NULL, flags);
  const int error = errno;
  if (fd >= 0) fact("%s is-nonblocking=%d", what, (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  errno = error;
  tell_descriptor(what, fd);
  restore_zero(saved);
  close_client();
}

static void tell_flags(void) {
  tell_accepted("unknown-flag", 1 << 24, false);
  tell_accepted("unknown-flag-asked", 1 << 24 | SOCK_CLOEXEC, false);
  tell_accepted("nonblocking", SOCK_NONBLOCK, false);
  tell_accepted("asked", SOCK_CLOEXEC, false);
  tell_accepted("asked", SOCK_CLOEXEC, true);
}

static void tell_errors(void) {
  const int file = open(temp_path("file"), O_RDONLY);
  const int idle = socket(AF_INET, SOCK_STREAM, 0);
  const int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  DESCRIPTOR("bad", accepted(-1, NULL, NULL, 0));
  DESCRIPTOR("not-a-socket", accepted(file, NULL, NULL, 0));
  DESCRIPTOR("not-listening", accepted(idle, NULL, NULL, 0));
  DESCRIPTOR("datagrams", accepted(datagrams, NULL, NULL, 0));
  close(file);
  close(idle);
  close(datagrams);
}

void run_accept(void) {
  int fds[most_descriptors];
  if (made(&accept_maker, fds)) {
    tell_carries("forth", client, fds[0]);
    tell_carries("back", fds[0], client);
    fact("is-nonblocking=%d", (fcntl(fds[0], F_GETFL) & O_NONBLOCK) != 0);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    DESCRIPTOR("nobody-there", accepted(listener, NULL, NULL, 0));
    release(&accept_maker, fds);
  }
  tell_address();
  tell_bad_length();
  tell_errors();
  if (subject.kind == accept_flags) tell_flags();
  tell_limits(&accept_maker);
}

void block_accept(void) {
  struct sockaddr_in address;
  listener = listen_on_loopback(&address);
  about_to_block();
  accepted(listener, NULL, NULL, 0);
}
