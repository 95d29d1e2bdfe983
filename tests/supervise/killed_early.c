// SPDX-License-Identifier: Apache-2.0
//
// Children of vfork(2) from several threads that are killed as they are born, by a thread that guesses their numbers:
// to be run in a PID namespace of its own. Says how many were waited for.

#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { makers = 3, rounds = 200 };

static pthread_barrier_t all_are_there;
static volatile pid_t latest = 0;
static volatile int is_over = 0;

static void* kill_next(void* nothing) {
  while (!is_over) {
    const pid_t before = latest;
    for (pid_t guess = before + 1; before != 0 && guess <= before + makers + 1; ++guess) kill(guess, SIGKILL);
  }
  return nothing;
}

static void* make(void* count) {
  // From now on a new number is a child's, not a thread's.
  pthread_barrier_wait(&all_are_there);
  for (int i = 0; i < rounds; ++i) {
    const pid_t child = vfork();
    if (child == 0) {
      if (i % 2 == 0) execl("/proc/self/exe", "killed_early", "nothing", (char*)NULL);
      _exit(0);
    }
    if (waitpid(child, NULL, 0) == child) ++*(int*)count;
    if (child > latest) latest = child;
  }
  return NULL;
}

int main(int words, char** arguments) {
  (void)arguments;
  if (words > 1) return 0;
  pthread_t killer;
  pthread_t threads[makers];
  int counts[makers] = {0};
  pthread_barrier_init(&all_are_there, NULL, makers);
  pthread_create(&killer, NULL, kill_next, NULL);
  for (int i = 0; i < makers; ++i) pthread_create(&threads[i], NULL, make, &counts[i]);
  int all = 0;
  for (int i = 0; i < makers; ++i) {
    pthread_join(threads[i], NULL);
    all += counts[i];
  }
  is_over = 1;
  pthread_join(killer, NULL);
  printf("%d\n", all);
  return 0;
}
