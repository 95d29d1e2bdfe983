// SPDX-License-Identifier: Apache-2.0
//
// A shared object that makes descriptors, for rules with module=.

#include <fcntl.h>

int open_in_module(void);
void open_in_handler(int signal);

int opened_in_handler = -1;

int open_in_module(void) {
  // Volatile: the call must not become a jump, which would leave only the caller's caller to be seen.
  volatile const int fd = open("/dev/null", O_RDONLY);
  return fd;
}

void open_in_handler(int signal) {
  (void)signal;
  opened_in_handler = open("/dev/null", O_RDONLY);
}
