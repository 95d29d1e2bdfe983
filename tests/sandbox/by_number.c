// SPDX-License-Identifier: Apache-2.0
//
// Calls by number first and the function of that name then, which is another call in its atomic form: what the number
// has shown to work is not what the function does when a preload wraps that other one. Prints "CALL cloexec=FLAG" of
// what the functions made.
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

static void show(const char* call, int fd) { printf("%s cloexec=%d\n", call, fcntl(fd, F_GETFD)); }

int main(void) {
  syscall(SYS_dup, STDERR_FILENO);
  show("dup", dup(STDERR_FILENO));
#ifdef SYS_pipe
  int ends[2] = {-1, -1};
  syscall(SYS_pipe, ends);
  show("pipe", pipe(ends) == 0 ? ends[0] : -1);
  syscall(SYS_dup2, STDERR_FILENO, 100);
  show("dup2", dup2(STDERR_FILENO, 100));
  syscall(SYS_epoll_create, 1);
  show("epoll_create", epoll_create(1));
  syscall(SYS_inotify_init);
  show("inotify_init", inotify_init());
#endif
  return 0;
}
