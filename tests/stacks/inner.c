// SPDX-License-Identifier: Apache-2.0
//
// The innermost calls of callers.cpp, in a library of their own. The tests know lines by what is said behind them.

#include <fcntl.h>

int load_secret(const char* path);

__attribute__((noinline)) static int open_secret(const char* path) {
  volatile char room[300];
  room[0] = path[0];
  const int fd = open(path, O_RDONLY);  // line: open_secret
  return room[0] != 0 ? fd : -1;
}

int load_secret(const char* path) {
  const int fd = open_secret(path);  // line: load_secret
  return fd < 0 ? -1 : fd;
}
