// SPDX-License-Identifier: Apache-2.0
//
// Where a snippet can run. A host program calls these functions from threads that it cancels, from children that it
// forked, and between vfork and exec, and none of that may differ under the shim.

#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "snippet.h"

static volatile bool has_cleaned_up;
static volatile bool has_returned;
static volatile long blocked_thread;

static void clean_up(void* unused) {
  (void)unused;
  has_cleaned_up = true;
}

static void* block(void* snippet) {
  blocked_thread = syscall(SYS_gettid);
  pthread_cleanup_push(clean_up, NULL);
  ((const struct snippet*)snippet)->block();
  pthread_cleanup_pop(0);
  has_returned = true;
  return NULL;
}

static void sleep_a_little(void) {
  const struct timespec a_little = {0, 2000000};
  nanosleep(&a_little, NULL);
}

/// Whether the thread sleeps in the kernel: proc_pid_stat(5), third field.
static bool is_asleep(long thread) {
  char path[64];
  char state = '\0';
  snprintf(path, sizeof path, "/proc/self/task/%ld/stat", thread);
  FILE* file = fopen(path, "r");
  if (file == NULL) return false;
  if (fscanf(file, "%*d %*s %c", &state) != 1) state = '\0';
  fclose(file);
  return state == 'S';
}

void run_cancelled(const struct snippet* snippet) {
  pthread_t thread;
  void* result = NULL;
  struct timespec limit;
  is_about_to_block = has_cleaned_up = has_returned = false;
  if (pthread_create(&thread, NULL, block, (void*)(size_t)snippet) != 0) _exit(1);
  while (!has_returned && !(is_about_to_block && is_asleep(blocked_thread))) sleep_a_little();
  pthread_cancel(thread);

  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 5;
  const bool has_ended = pthread_timedjoin_np(thread, &result, &limit) == 0;
  fact("is-cancelled=%d has-cleaned-up=%d", has_ended && result == PTHREAD_CANCELED, has_cleaned_up);
  // What cannot be cancelled stays where it blocks, until the process ends.
  if (!has_ended) pthread_detach(thread);
}

/// What a vfork child saw. Shared, since an emulator may make a fork of vfork.
struct seen {
  int result;
  int error;
  int fds[most_descriptors];
  int flags[most_descriptors];
};

static void make_in_child(const struct maker* maker, bool is_zero_free, struct seen* seen) {
  if (is_zero_free) close(0);
  errno = untouched;
  seen->result = maker->make(seen->fds);
  seen->error = errno;
  for (int i = 0; i < maker->count; ++i) seen->flags[i] = fcntl(seen->fds[i], F_GETFD);
}

static void see_in_vfork(const struct maker* maker, bool is_zero_free, struct seen* seen) {
  const pid_t child = vfork();
  if (child == 0) {
    make_in_child(maker, is_zero_free, seen);
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  if (status != 0) fact("vfork child ended badly");
}

void run_in_vfork(const struct maker* maker) {
  struct seen* seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (seen == MAP_FAILED) _exit(1);
  for (int is_zero_free = 0; is_zero_free < 2; ++is_zero_free) {
    const char* how = is_zero_free ? " with-0-free" : "";
    memset(seen, 0xff, sizeof *seen);
    if (maker->prepare != NULL) maker->prepare();
    see_in_vfork(maker, is_zero_free, seen);
    if (maker->tidy != NULL) maker->tidy();
    fact("make%s ok=%d errno=%s", how, seen->result >= 0, error_name(seen->error));
    for (int i = 0; i < maker->count; ++i)
      fact("%s%s%s cloexec=%d", maker->roles[i], how, seen->fds[i] == 0 ? " on-0" : "",
           (seen->flags[i] & FD_CLOEXEC) != 0);
  }
  munmap(seen, sizeof *seen);
}
