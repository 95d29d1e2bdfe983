// SPDX-License-Identifier: Apache-2.0
//
// What libcloexec.so must not be: a preload that sets the flag once the call has returned. The race has to catch it, or
// its zero for the shim would mean little.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEXT(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static int set_late(int fd) {
  if (fd > STDERR_FILENO) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

int dup(int fd) { return set_late(NEXT(dup)(fd)); }

int pipe(int ends[2]) {
  if (NEXT(pipe)(ends) != 0) return -1;
  set_late(ends[0]);
  set_late(ends[1]);
  return 0;
}

int socket(int domain, int type, int protocol) { return set_late(NEXT(socket)(domain, type, protocol)); }
