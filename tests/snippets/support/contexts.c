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

/// What the kernel says in this file of the thread; nothing when it has ended.
static void read_of_thread(const char* file, char* text, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%ld/%s", blocked_thread, file);
  const int fd = open(path, O_RDONLY);
  const ssize_t got = fd >= 0 ? read(fd, text, size - 1) : 0;
  text[got > 0 ? got : 0] = '\0';
  if (fd >= 0) close(fd);
}

/// A line's value in hexadecimal: a set of signals.
static unsigned long long signals_of(const char* status, const char* name) {
  const char* line = strstr(status, name);
  return line != NULL ? strtoull(line + strlen(name), NULL, 16) : 0;
}

/// Whether the thread sleeps in the kernel, with no signal under way to it: proc_pid_status(5).
static bool is_asleep(void) {
  char status[4096];
  read_of_thread("status", status, sizeof status);
  return strstr(status, "\nState:\tS") != NULL &&
         (signals_of(status, "\nSigPnd:\t") & ~signals_of(status, "\nSigBlk:\t")) == 0;
}

/// The system call in which it sleeps, its arguments, and where it was made: proc_pid_syscall(5).
struct blocked_call {
  char text[256];
};

static struct blocked_call blocked_call_now(void) {
  struct blocked_call call = {{0}};
  read_of_thread("syscall", call.text, sizeof call.text);
  return call;
}

/// Waits until the thread has ended, or has been asked to and sleeps on all the same: in the very call in which it was
/// asked, which one that is being cancelled has left for good. No clock has a say.
static bool has_ended(pthread_t thread, void** result, const struct blocked_call* before) {
  while (pthread_tryjoin_np(thread, result) != 0) {
    if (is_asleep() && strcmp(blocked_call_now().text, before->text) == 0 && is_asleep()) return false;
    sleep_a_little();
  }
  return true;
}

void run_cancelled(const struct snippet* snippet) {
  pthread_t thread;
  void* result = NULL;
  is_about_to_block = has_cleaned_up = has_returned = false;
  if (pthread_create(&thread, NULL, block, (void*)(size_t)snippet) != 0) _exit(1);
  while (!has_returned && !(is_about_to_block && is_asleep())) sleep_a_little();
  const struct blocked_call before = blocked_call_now();
  pthread_cancel(thread);

  const bool is_over = has_ended(thread, &result, &before);
  fact("is-cancelled=%d has-cleaned-up=%d", is_over && result == PTHREAD_CANCELED, has_cleaned_up);
  // What cannot be cancelled stays where it blocks, until the process ends.
  if (!is_over) pthread_detach(thread);
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
      if (seen->flags[i] >= 0)
        fact("%s%s%s cloexec=%d", maker->roles[i], how, seen->fds[i] == 0 ? " on-0" : "",
             (seen->flags[i] & FD_CLOEXEC) != 0);
      else
        fact("%s%s cloexec=none", maker->roles[i], how);
  }
  munmap(seen, sizeof *seen);
}
