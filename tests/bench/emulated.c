// SPDX-License-Identifier: Apache-2.0
//
// One open and one close, each between two marks, when their functions have been used: for emulated.py.

#include <fcntl.h>
#include <unistd.h>

__attribute__((noinline)) void begin_mark(void) { __asm__ volatile(""); }
__attribute__((noinline)) void end_mark(void) { __asm__ volatile(""); }

int main(void) {
  for (int i = 0; i < 4; ++i) close(open("/dev/null", O_RDONLY));
  begin_mark();
  const int fd = open("/dev/null", O_RDONLY);
  end_mark();
  begin_mark();
  const int result = close(fd);
  end_mark();
  return result;
}
