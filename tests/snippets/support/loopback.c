// SPDX-License-Identifier: Apache-2.0

#include "loopback.h"

#include "snippet.h"

int listen_on_loopback(struct sockaddr_in* address) {
  socklen_t length = sizeof *address;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr*)address, sizeof *address) != 0 || listen(fd, 8) != 0 ||
      getsockname(fd, (struct sockaddr*)address, &length) != 0)
    _exit(1);
  return fd;
}

int connect_to(const struct sockaddr_in* address) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr*)address, sizeof *address) != 0) _exit(1);
  return fd;
}
