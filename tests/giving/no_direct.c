// SPDX-License-Identifier: Apache-2.0
//
// A preload below the shim that opens as a file system without O_DIRECT does: the file is made, and then the answer is
// EINVAL.

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

int open(const char* path, int flags, ...);
int open64(const char* path, int flags, ...);
int openat(int directory, const char* path, int flags, ...);
int openat64(int directory, const char* path, int flags, ...);

static int refuse_direct(int directory, const char* path, int flags, int mode) {
  const int fd = (int)syscall(SYS_openat, directory, path, flags & ~O_DIRECT, mode);
  if (fd < 0 || (flags & O_DIRECT) == 0) return fd;
  close(fd);
  errno = EINVAL;
  return -1;
}

#define OPEN_WITH_MODE(directory)     \
  va_list rest;                       \
  va_start(rest, flags);              \
  const int mode = va_arg(rest, int); \
  va_end(rest);                       \
  return refuse_direct(directory, path, flags, mode)

int open(const char* path, int flags, ...) { OPEN_WITH_MODE(AT_FDCWD); }
int open64(const char* path, int flags, ...) { OPEN_WITH_MODE(AT_FDCWD); }
int openat(int directory, const char* path, int flags, ...) { OPEN_WITH_MODE(directory); }
int openat64(int directory, const char* path, int flags, ...) { OPEN_WITH_MODE(directory); }
