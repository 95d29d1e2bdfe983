// SPDX-License-Identifier: Apache-2.0
//
// The first open of a process, which the kernel or a preload answers EINVAL after it has made the file: what the shim
// makes of that answer must not be another. Prints "-1 EINVAL, file 1": what was returned, and whether the file is
// there.
//
//   first_open HOW PATH

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const std::string how = arguments[1];
  const char* const path = arguments[2];
  constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_DIRECT;
  int fd = -2;
  if (how == "open") fd = open(path, flags, 0600);
  if (how == "open64") fd = open64(path, flags, 0600);
  if (how == "openat") fd = openat(AT_FDCWD, path, flags, 0600);
  if (how == "openat64") fd = openat64(AT_FDCWD, path, flags, 0600);
  if (how == "syscall") fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, 0600));
  const char* const error = fd < 0 ? strerrorname_np(errno) : "";
  std::printf("%d %s, file %d\n", fd, error, access(path, F_OK) == 0);
  return 0;
}
