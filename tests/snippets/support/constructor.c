// SPDX-License-Identifier: Apache-2.0
//
// Runs the snippets in a constructor of their shared library when the program was asked for that context. It reads the
// command line from /proc: musl hands constructors no arguments.

#include "snippet.h"

__attribute__((constructor(101))) static void run_in_constructor(void) {
  static char line[16384];
  static char* words[512];
  const int fd = open("/proc/self/cmdline", O_RDONLY);
  const ssize_t size = fd >= 0 ? read(fd, line, sizeof line - 1) : -1;
  if (fd >= 0) close(fd);
  int count = 0;
  for (ssize_t at = 0; at < size && count < 511; at += (ssize_t)strlen(line + at) + 1) words[count++] = line + at;
  for (int i = 0; i + 1 < count; ++i)
    if (strcmp(words[i], "--context") == 0 && strcmp(words[i + 1], "constructor") == 0)
      _exit(run_snippets("constructor", words + i + 2));
}
