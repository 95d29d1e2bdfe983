// SPDX-License-Identifier: Apache-2.0
//
// closed FILE PROGRAM: for a program that is started with some of 0 to 2 closed. Makes descriptors, which land there,
// and writes to FILE where, and whether they are close-on-exec; becomes PROGRAM, which finds FILE at 60 to write to.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int report;

static void say(const char* call, int fd) {
  char line[64];
  const int size = snprintf(line, sizeof line, "%s %d cloexec=%d\n", call, fd, fcntl(fd, F_GETFD));
  if (write(report, line, (size_t)size) != size) _exit(3);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  report = fcntl(fd, F_DUPFD_CLOEXEC, 60);
  close(fd);
  int ends[2];
  say("open", open("/dev/null", O_RDWR));
  if (pipe(ends) != 0) return 3;
  say("pipe", ends[0]);
  say("pipe", ends[1]);
  say("socket", socket(AF_UNIX, SOCK_STREAM, 0));
  FILE* const stream = fopen("/dev/null", "r");
  say("fopen", fileno(stream));
  fcntl(report, F_SETFD, 0);
  execl(argv[2], argv[2], "60", (char*)NULL);
  return 3;
}
