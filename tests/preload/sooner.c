// SPDX-License-Identifier: Apache-2.0
//
// Stands behind the shim and behind what takes -z initfirst from it, and so is initialised before it, but after libc:
// `environ` is set, and then moved by a variable that is added.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void open_sooner(void) {
  setenv("ADDED", "sooner", 1);
  const int fd = open("/dev/null", O_RDONLY);
  dprintf(1, "sooner %d\n", fcntl(fd, F_GETFD) & FD_CLOEXEC);
  close(fd);
}
