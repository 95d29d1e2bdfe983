// SPDX-License-Identifier: Apache-2.0
//
// A daemon as they are written: opens six files and sockets, and starts the program that it is told by a shell, in two
// ways.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char** arguments) {
  int ends[2];
  if (count != 2 || open("/etc/passwd", O_RDONLY) < 0 || fopen("/etc/group", "r") == NULL || pipe(ends) != 0 ||
      socket(AF_INET, SOCK_STREAM, 0) < 0 || epoll_create(1) < 0)
    return 2;
  char command[4096];
  snprintf(command, sizeof command, "%s arrived", arguments[1]);
  if (system(command) != 0) return 3;
  FILE* const output = popen(command, "r");
  char line[4096];
  while (output != NULL && fgets(line, sizeof line, output) != NULL) fputs(line, stdout);
  return pclose(output) == 0 ? 0 : 4;
}
