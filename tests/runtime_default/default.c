/* SPDX-License-Identifier: Apache-2.0
 *
 * Uses cloexec.h as a program would, in plain C and as C++, and prints what came of it. */
/* First, since it must not need what others include. */
/* clang-format off */
#include "cloexec.h"
/* clang-format on */

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void say_flag(const char* what) {
  const int fd = open("/dev/null", 0);
  printf("%s %d\n", what, cloexec_get(fd));
  close(fd);
}

int main(void) {
  int fd;
  setbuf(stdout, NULL);
  errno = 42;
  printf("default %d errno %d\n", cloexec_get_default(), errno);
  say_flag("open");
  printf("off %d\n", cloexec_set_default(0));
  say_flag("open");
  if (fork() == 0) {
    printf("child %d\n", cloexec_get_default());
    say_flag("child open");
    _exit(0);
  }
  wait(NULL);
  printf("on %d\n", cloexec_set_default(1));
  say_flag("open");
  fd = open("/dev/null", 0);
  printf("set %d", cloexec_set(fd, 0));
  printf(" %d\n", cloexec_get(fd));
  printf("set %d", cloexec_set(fd, 1));
  printf(" %d\n", cloexec_get(fd));
  close(fd);
  errno = 0;
  printf("closed %d", cloexec_get(fd));
  printf(" %d\n", errno == EBADF);
  errno = 0;
  printf("closed %d", cloexec_set(fd, 1));
  printf(" %d\n", errno == EBADF);
  return 0;
}
