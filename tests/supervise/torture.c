// SPDX-License-Identifier: Apache-2.0
//
// Starts programs by the thousand, from several threads, while others open, close, replace and mark descriptors all the
// time: each is to get what its process has made or what it is told, and nothing of its parent's.
//
//   torture COUNT THREADS CHURNERS [SEED]
//
// Prints "execs=10000 leaked=0 missing=0": the descriptors that arrived and should not have, and the other way round.
// As "torture judge NUMBER..." it is the program that is started, and knows what it should have got.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

enum { most_expected = 8, first_own = 100, last_own = 200, exit_base = 1 };

static atomic_int left;
static atomic_int is_over;
static atomic_int leaked;
static atomic_int missing;
static atomic_int failed;

static unsigned next(unsigned* state, unsigned below) {
  *state = *state * 1664525u + 1013904223u;
  return (*state >> 8) % below;
}

/// What is found, as 1 + 8 * leaked + missing, each 7 at most.
static int judge(int count, char** numbers) {
  int leaks = 0;
  int found = 0;
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == NULL) return 0;
  for (const struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    const int fd = atoi(entry->d_name);
    if (fd <= 2 || fd == dirfd(directory)) continue;
    int is_expected = 0;
    for (int i = 0; i < count; ++i) is_expected = is_expected || atoi(numbers[i]) == fd;
    found += is_expected;
    leaks += !is_expected;
    if (is_expected || getenv("TORTURE_QUIET") != NULL) continue;
    char name[64] = "";
    if (readlinkat(dirfd(directory), entry->d_name, name, sizeof name - 1) > 0) dprintf(2, "leaked %d=%s\n", fd, name);
  }
  int expected = 0;
  for (int i = 0; i < count; ++i) expected += numbers[i][0] != '-';
  if (leaks > 7) leaks = 7;
  return exit_base + 8 * leaks + expected - found;
}

/// One that a child gets unless something is done about it, or is close-on-exec; of a file of its own, as two openings
/// of one cannot be told from each other.
static int make(unsigned* state) {
  const int is_marked = next(state, 2) == 0;
  int ends[2] = {-1, -1};
  switch (next(state, 3)) {
    case 0:
      if (pipe2(ends, is_marked ? O_CLOEXEC : 0) == 0) close(ends[1]);
      return ends[0];
    case 1:
      if (socketpair(AF_UNIX, SOCK_STREAM | (is_marked ? SOCK_CLOEXEC : 0), 0, ends) == 0) close(ends[0]);
      return ends[1];
    default:
      return memfd_create("parent", is_marked ? MFD_CLOEXEC : 0);
  }
}

static void* churn(void* seed) {
  unsigned state = (unsigned)(size_t)seed;
  int mine[12];
  for (unsigned i = 0; i < 12; ++i) mine[i] = -1;
  while (!is_over) {
    int* const slot = &mine[next(&state, 12)];
    if (*slot >= 0) close(*slot);
    *slot = make(&state);
    // Also where children put their own.
    if (next(&state, 8) == 0 && *slot >= 0) {
      const int high = fcntl(*slot, F_DUPFD, first_own + (int)next(&state, last_own - first_own));
      usleep(next(&state, 300));
      if (high >= 0) close(high);
    }
    if (next(&state, 4) == 0) usleep(next(&state, 200));
  }
  return NULL;
}

struct Plan {
  char* arguments[3 + 2 * most_expected];
  char texts[most_expected][12];
  int own[most_expected];
  int own_count;
  int told;  // or -1
};

static void add(struct Plan* plan, int* count, int number, int is_told) {
  if (is_told) plan->arguments[2 + (*count)++] = "--status-fd";
  char* const text = plan->texts[plan->own_count + (plan->told >= 0)];
  snprintf(text, sizeof plan->texts[0], "%d", number);
  plan->arguments[2 + (*count)++] = text;
}

static void make_plan(struct Plan* plan, unsigned* state) {
  int count = 0;
  *plan = (struct Plan){.arguments = {"/proc/self/exe", "judge"}, .told = -1};
  if (next(state, 3) == 0) {
    const int told = memfd_create("told", 0);
    plan->told = told;
    plan->own_count = 0;
    if (told >= 0) add(plan, &count, told, 1);
  }
  const int wanted = (int)next(state, 4);
  for (int i = 0; i < wanted; ++i) {
    const int number = first_own + i * 30 + (int)next(state, 30);
    plan->own[plan->own_count++] = number;
    add(plan, &count, number, 0);
  }
  plan->arguments[2 + count] = NULL;
}

static _Noreturn void become(const struct Plan* plan) {
  for (int i = 0; i < plan->own_count; ++i) {
    const int made = memfd_create("own", MFD_CLOEXEC);
    if (dup2(made, plan->own[i]) < 0) _exit(0);
    close(made);
  }
  execv(plan->arguments[0], plan->arguments);
  _exit(0);
}

static pid_t spawn(const struct Plan* plan) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < plan->own_count; ++i)
    posix_spawn_file_actions_addopen(&actions, plan->own[i], "/etc/hostname", O_RDONLY, 0);
  pid_t child = -1;
  if (posix_spawn(&child, plan->arguments[0], &actions, NULL, plan->arguments, environ) != 0) child = -1;
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

static int become_in_clone(void* plan) { become(plan); }

static pid_t start(struct Plan* plan, unsigned* state, char* stack_end) {
  pid_t child = -1;
  switch (next(state, 5)) {
    case 0:
      return spawn(plan);
    case 1:
      child = vfork();
      if (child == 0) become(plan);
      return child;
    case 2:
      return clone(become_in_clone, stack_end, CLONE_VM | CLONE_VFORK | SIGCHLD, plan);
    case 3:
      // A child's child, whose parent passes on how it ends.
      child = fork();
      if (child == 0) {
        const pid_t grandchild = fork();
        int status = 0;
        if (grandchild == 0) become(plan);
        if (waitpid(grandchild, &status, 0) != grandchild || !WIFEXITED(status)) _exit(0);
        _exit(WEXITSTATUS(status));
      }
      return child;
    default:
      child = fork();
      if (child == 0) become(plan);
      return child;
  }
}

static void* work(void* seed) {
  unsigned state = (unsigned)(size_t)seed;
  enum { stack_size = 1 << 16 };
  char* const stack = malloc(stack_size);
  while (atomic_fetch_sub(&left, 1) > 0) {
    struct Plan plan;
    make_plan(&plan, &state);
    const pid_t child = start(&plan, &state, stack + stack_size);
    if (plan.told >= 0) close(plan.told);
    int status = 0;
    if (child <= 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) < exit_base) {
      if (failed++ < 5) dprintf(2, "child %d ended with %x: %s\n", (int)child, (unsigned)status, strerror(errno));
      continue;
    }
    leaked += (WEXITSTATUS(status) - exit_base) / 8;
    missing += (WEXITSTATUS(status) - exit_base) % 8;
  }
  free(stack);
  return NULL;
}

int main(int count, char** arguments) {
  if (count > 1 && strcmp(arguments[1], "judge") == 0) return judge(count - 2, arguments + 2);
  if (count < 4) return 2;
  const struct rlimit many = {4096, 4096};
  setrlimit(RLIMIT_NOFILE, &many);
  enum { most_threads = 16 };
  pthread_t threads[2 * most_threads];
  const int workers = atoi(arguments[2]);
  const int churners = atoi(arguments[3]);
  const size_t seed = count > 4 ? (size_t)atol(arguments[4]) : 1;
  if (workers > most_threads || churners > most_threads) return 2;
  const int wanted = atoi(arguments[1]);
  left = wanted;
  for (int i = 0; i < churners; ++i) pthread_create(&threads[i], NULL, churn, (void*)(seed * 1000 + (size_t)i));
  if (workers == 0) work((void*)seed);  // all by the one thread that there is
  for (int i = 0; i < workers; ++i)
    pthread_create(&threads[churners + i], NULL, work, (void*)(seed * 1000 + 500 + (size_t)i));
  for (int i = 0; i < workers; ++i) pthread_join(threads[churners + i], NULL);
  is_over = 1;
  for (int i = 0; i < churners; ++i) pthread_join(threads[i], NULL);
  printf("execs=%d leaked=%d missing=%d failed=%d\n", wanted, leaked, missing, failed);
  return 0;
}
