// SPDX-License-Identifier: Apache-2.0
//
// What a start costs: starts a program so often, and prints the nanoseconds of each start and end, one a line.
//
//   spawns WAY COUNT MARKED UNMARKED PROGRAM      WAY: spawn, fork, thread (which only begins and ends)

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void* end_at_once(void* nothing) { return nothing; }

static void begin_and_end(const char* way, char** arguments) {
  pid_t child = 0;
  if (strcmp(way, "thread") == 0) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, end_at_once, NULL) != 0) exit(1);
    pthread_join(thread, NULL);
    return;
  }
  if (strcmp(way, "spawn") == 0) {
    if (posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ) != 0) exit(1);
  } else if ((child = fork()) == 0) {
    execv(arguments[0], arguments);
    _exit(127);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) exit(1);
}

int main(int count, char** arguments) {
  if (count < 6) return 2;
  const struct rlimit many = {4096, 4096};
  setrlimit(RLIMIT_NOFILE, &many);
  for (int i = 0; i < atoi(arguments[3]); ++i)
    if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) return 3;
  for (int i = 0; i < atoi(arguments[4]); ++i)
    if (open("/dev/null", O_RDONLY) < 0) return 3;
  const int times = atoi(arguments[2]);
  long* const taken = calloc((size_t)times, sizeof *taken);
  for (int i = 0; i < times; ++i) {
    const long begun = now();
    begin_and_end(arguments[1], arguments + 5);
    taken[i] = now() - begun;
  }
  for (int i = 0; i < times; ++i) printf("%ld\n", taken[i]);
  return 0;
}
