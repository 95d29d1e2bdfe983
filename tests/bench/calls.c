// SPDX-License-Identifier: Apache-2.0
//
// Makes a kind of descriptor N times, for the budgets test to count instructions and system calls by. Everything that
// is not counted asks for close-on-exec itself or happens once.

#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int listener;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int clients[1024];

static void make_open(void) { close(open("/dev/null", O_RDONLY)); }
static void make_socket(void) { close(socket(AF_UNIX, SOCK_STREAM, 0)); }
static void make_dup(void) { close(dup(1)); }
static void make_dup2(void) { dup2(1, 20); }
static void make_fopen(void) { fclose(fopen("/dev/null", "r")); }
static void make_accept(void) { close(accept(listener, NULL, NULL)); }

static void make_pipe(void) {
  int ends[2];
  if (pipe(ends) == 0) {
    close(ends[0]);
    close(ends[1]);
  }
}

/// An exec that fails is one all the same, to whoever records it.
static void make_exec(void) {
  char* arguments[] = {"nothing", NULL};
  if (execve("/nonexistent/program", arguments, environ) == 0) abort();
}

static void make_spawn(void) {
  char* arguments[] = {"true", NULL};
  pid_t child;
  if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ) != 0 || waitpid(child, NULL, 0) != child)
    abort();
}

static void connect_clients(int count) {
  listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // An abstract name of the kernel's choice: unix(7), autobind.
  socklen_t size = sizeof(sa_family_t);
  bind(listener, (struct sockaddr*)&address, size);
  size = sizeof address;
  getsockname(listener, (struct sockaddr*)&address, &size);
  listen(listener, count);
  for (int i = 0; i < count; ++i) {
    clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(clients[i], (struct sockaddr*)&address, size) != 0) abort();
  }
}

int main(int argc, char** argv) {
  static const struct {
    const char* name;
    void (*make)(void);
  } kinds[] = {{"open", make_open},     {"socket", make_socket}, {"pipe", make_pipe},
               {"dup", make_dup},       {"dup2", make_dup2},     {"fopen", make_fopen},
               {"accept", make_accept}, {"exec", make_exec},     {"spawn", make_spawn}};
  const int count = argc == 3 ? atoi(argv[2]) : 0;
  if (argc == 3 && strcmp(argv[1], "accept") == 0) connect_clients(200);
  for (size_t kind = 0; argc == 3 && kind < sizeof kinds / sizeof *kinds; ++kind)
    if (strcmp(argv[1], kinds[kind].name) == 0) {
      for (int i = 0; i < count; ++i) kinds[kind].make();
      return 0;
    }
  fprintf(stderr, "usage: calls KIND COUNT\n");
  return 2;
}
