// SPDX-License-Identifier: Apache-2.0
//
// Processes that do to each other, and to whoever traces them, what comes to their mind: they fork in all ways, start
// themselves anew from any thread, stop, go on, kill, and end at any moment. What one tells a new program must arrive,
// and what is shared with a process that nobody traces must stay open. Ends when all have ended, or when its time is
// over.
//
//   chaos SEED MILLISECONDS
//
// Prints "begun=N told=N lost=N": processes, programs that were told of a descriptor, those that did not get it.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

enum { shared_fd = 200, most_alive = 40, stack_size = 1 << 16 };

/// In a file that all have mapped.
struct Shared {
  atomic_int begun;
  atomic_int alive;
  atomic_int told;
  atomic_int lost;
  atomic_int is_over;
  pid_t root;
};

static struct Shared* shared;
/// Whether some other process has this table: then it may close what is told.
static atomic_int shares_table;

static unsigned next(unsigned* state, unsigned below) {
  *state = *state * 1664525u + 1013904223u;
  return (*state >> 8) % below;
}

static void map_shared(int is_first) {
  if (is_first && dup2(memfd_create("shared", 0), shared_fd) != shared_fd) exit(3);
  if (is_first && ftruncate(shared_fd, sizeof *shared) != 0) exit(3);
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
  if (shared == MAP_FAILED) exit(3);
}

static void act(unsigned* state, int steps);

/// Begins anew, and tells the number of a descriptor that it has made, besides that of the shared memory.
static void start_anew(unsigned* state, int steps) {
  char seed[16];
  char left[16];
  char number[16];
  const int told = memfd_create("told", next(state, 2) == 0 ? MFD_CLOEXEC : 0);
  if (told < 0) return;
  fcntl(told, F_SETFD, 0);
  snprintf(seed, sizeof seed, "%u", next(state, 1u << 20));
  snprintf(left, sizeof left, "%d", steps);
  snprintf(number, sizeof number, "%d", told);
  char* const words[] = {"chaos", "anew", seed, left, "--status-fd", number, "--status-fd", "200", NULL};
  if (!shares_table) ++shared->told;
  const int counts = !shares_table;
  execv("/proc/self/exe", words);
  if (counts) --shared->told;
  close(told);
}

static void* act_in_thread(void* seed) {
  unsigned state = (unsigned)(size_t)seed;
  act(&state, 6);
  return NULL;
}

/// clone(2) copies locks of libc that another thread holds, and that nobody unlocks in the copy: it is not to wait for
/// ever, and outlive its test.
static void end_soon(void) { alarm(3); }

static int act_in_process(void* seed) {
  end_soon();
  unsigned state = (unsigned)(size_t)seed;
  ++shared->begun;
  act(&state, 8);
  --shared->alive;
  _exit(0);
}

static int become_in_vfork(void* seed) {
  unsigned state = (unsigned)(size_t)seed;
  start_anew(&state, 4);
  _exit(1);
}

/// Nobody traces it, and it has a table in common with who is: what is in there is nobody's to close.
static int look_on(void* number) {
  const int fd = (int)(size_t)number;
  for (int i = 0; i < 5; ++i) {
    if (fcntl(fd, F_GETFD) < 0) {
      ++shared->lost;
      break;
    }
    usleep(1000);
  }
  --shared->alive;
  _exit(0);
}

static void make_process(unsigned* state) {
  if (shared->alive >= most_alive || shared->is_over) return;
  ++shared->alive;
  void* const seed = (void*)(size_t)next(state, 1u << 20);
  char* const stack = malloc(stack_size);
  int flags = SIGCHLD;
  switch (next(state, 6)) {
    case 0:
      if (fork() == 0) act_in_process(seed);
      return;
    case 1: {
      const pid_t child = vfork();
      if (child == 0) become_in_vfork(seed);
      return;
    }
    case 2:
      clone(become_in_vfork, stack + stack_size, CLONE_VM | CLONE_VFORK | SIGCHLD, seed);
      return;
    case 3: {
      const int fd = memfd_create("common", 0);
      if (fd < 0) break;
      shares_table = 1;
      // Nothing else closes it: of a table that is shared by then nothing is closed here.
      if (clone(look_on, stack + stack_size, CLONE_FILES | CLONE_UNTRACED | SIGCHLD, (void*)(size_t)fd) > 0) return;
      break;
    }
    case 4:
      shares_table = 1;
      if (clone(act_in_process, stack + stack_size, CLONE_FILES | SIGCHLD, seed) > 0) return;
      break;
    default:
      if (next(state, 2) == 0) flags |= CLONE_PARENT;
      if (next(state, 4) == 0) flags |= CLONE_FS;
      if (clone(act_in_process, stack + stack_size, flags, seed) > 0) return;
  }
  --shared->alive;
}

static void make_thread(unsigned* state) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 1 << 17);
  pthread_create(&thread, &attributes, act_in_thread, (void*)(size_t)next(state, 1u << 20));
}

static void do_nothing(int number) { (void)number; }

static void play_with_signals(unsigned* state) {
  static const int numbers[] = {SIGSTOP, SIGTSTP, SIGTRAP, SIGUSR1, SIGCHLD, SIGCONT, SIGTTIN};
  const int number = numbers[next(state, sizeof numbers / sizeof *numbers)];
  sigset_t set;
  switch (next(state, 5)) {
    case 0:
      signal(number, do_nothing);
      break;
    case 1:
      signal(number, SIG_IGN);
      break;
    case 2:
      sigemptyset(&set);
      sigaddset(&set, number);
      sigprocmask(next(state, 2) == 0 ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
      break;
    case 3:
      kill(getpid(), number);
      break;
    default:
      syscall(SYS_tgkill, getpid(), gettid(), number);
  }
}

static void act(unsigned* state, int steps) {
  for (int i = 0; i < steps && !shared->is_over; ++i) {
    switch (next(state, 12)) {
      case 0:
      case 1:
      case 2:
        make_process(state);
        break;
      case 3:
      case 4:
        make_thread(state);
        break;
      case 5:
        if (!shares_table) close(open("/dev/null", next(state, 2) == 0 ? O_RDONLY : O_RDONLY | O_CLOEXEC));
        break;
      case 6:
      case 7:
        play_with_signals(state);
        break;
      case 8:
        // Of any thread; the others are gone then.
        if (next(state, 2) == 0) start_anew(state, steps - i);
        break;
      case 9:
        usleep(next(state, 2000));
        break;
      case 10:
        if (next(state, 4) == 0) {
          --shared->alive;
          kill(getpid(), next(state, 2) == 0 ? SIGKILL : SIGTERM);
        }
        break;
      default:
        if (next(state, 6) == 0) {
          --shared->alive;
          _exit(0);
        }
        open("/etc/passwd", O_RDONLY);
    }
  }
}

static void begin_anew(char** words) {
  end_soon();
  map_shared(0);
  ++shared->begun;
  if (fcntl(atoi(words[3]), F_GETFD) < 0) ++shared->lost;
  unsigned state = (unsigned)atoi(words[0]);
  act(&state, atoi(words[1]));
  --shared->alive;
  _exit(0);
}

static long milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/// Keeps the others going: who is stopped goes on, who has ended is waited for.
int main(int count, char** arguments) {
  if (count == 8 && strcmp(arguments[1], "anew") == 0) begin_anew(arguments + 2);
  if (count != 3) return 2;
  map_shared(1);
  shared->root = getpid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  setpgid(0, 0);
  signal(SIGCONT, SIG_IGN);
  unsigned state = (unsigned)atoi(arguments[1]);
  const long end = milliseconds() + atol(arguments[2]);
  int is_anybody_left = 1;
  while (is_anybody_left && milliseconds() < end + 5000) {
    shared->is_over = milliseconds() > end;
    if (!shared->is_over && shared->alive < 10) {
      ++shared->alive;
      if (fork() == 0) act_in_process((void*)(size_t)next(&state, 1u << 20));
    }
    kill(0, SIGCONT);
    usleep(500);
    // Those that were killed have not said so.
    if (next(&state, 20) == 0 && shared->alive > 0) --shared->alive;
    pid_t ended = 0;
    while ((ended = waitpid(-1, NULL, WNOHANG | __WALL)) > 0) continue;
    is_anybody_left = !shared->is_over || ended == 0 || errno != ECHILD;
  }
  printf("begun=%d told=%d lost=%d left=%d\n", shared->begun, shared->told, shared->lost, is_anybody_left);
  fflush(stdout);
  signal(SIGTERM, SIG_IGN);
  return 0;
}
