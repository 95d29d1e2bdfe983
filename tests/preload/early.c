// SPDX-License-Identifier: Apache-2.0
//
// Takes -z initfirst from the shim, since it stands behind it, and so calls it before it is initialised, and before
// libc has set `environ`.

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((constructor)) static void open_early(void) {
  const int fd = open("/dev/null", O_RDONLY);
  dprintf(1, "early %d\n", fcntl(fd, F_GETFD) & FD_CLOEXEC);
  close(fd);
}
