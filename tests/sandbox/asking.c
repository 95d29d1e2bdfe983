// SPDX-License-Identifier: Apache-2.0
//
// Asks for close-on-exec in the ways that libignoring.so drops, and prints "CALL cloexec=1" for each: the proof that it
// does drop them.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static void show(const char* call, int fd) { printf("%s cloexec=%d\n", call, fcntl(fd, F_GETFD)); }

int main(void) {
  int ends[2] = {-1, -1};
  show("open", open("/dev/null", O_RDONLY | O_CLOEXEC));
  FILE* const stream = fopen("/dev/null", "re");
  show("fopen", stream == NULL ? -1 : fileno(stream));
  show("socket", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  show("F_DUPFD_CLOEXEC", fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
  show("dup3", dup3(STDERR_FILENO, 100, O_CLOEXEC));
  show("pipe2", pipe2(ends, O_CLOEXEC) == 0 ? ends[0] : -1);
  show("epoll_create1", epoll_create1(EPOLL_CLOEXEC));
  show("eventfd", eventfd(0, EFD_CLOEXEC));
  return 0;
}
