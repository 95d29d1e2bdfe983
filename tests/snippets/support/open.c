// SPDX-License-Identifier: Apache-2.0
//
// The names of open(2), openat(2), openat2(2) and open_by_handle_at(2): the same facts, asked in different ways.

#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>

#include "families.h"

#ifndef O_TMPFILE
#define O_TMPFILE (020000000 | O_DIRECTORY)
#endif

// linux/openat2.h, which old headers lack.
struct how {
  uint64_t flags, mode, resolve;
};

typedef int plain_type(const char*, int, ...);
typedef int at_type(int, const char*, int, ...);
typedef int fortified_type(const char*, int);
typedef int at_fortified_type(int, const char*, int);
typedef int how_type(int, const char*, const struct how*, size_t);
typedef int handle_type(int, struct file_handle*, int);

static union {
  struct file_handle handle;
  char room[sizeof(struct file_handle) + 128];
} file;
static int mount_fd = -1;

static int opened_at(int directory, const char* path, int flags, unsigned mode) {
  const struct how how = {(unsigned)flags, mode, 0};
  switch (subject.kind) {
    case open_plain:
      return CALL(plain_type*)(path, flags, mode);
    case open_at:
      return CALL(at_type*)(directory, path, flags, mode);
    case open_fortified:
      return CALL(fortified_type*)(path, flags);
    case open_at_fortified:
      return CALL(at_fortified_type*)(directory, path, flags);
    case open_how:
      return CALL(how_type*)(directory, path, &how, sizeof how);
    default:
      return CALL(handle_type*)(mount_fd, &file.handle, flags);
  }
}

static int opened(const char* path, int flags) { return opened_at(AT_FDCWD, path, flags, 0); }

static bool takes_path(void) { return subject.kind != open_handle; }
static bool takes_mode(void) {
  return subject.kind == open_plain || subject.kind == open_at || subject.kind == open_how;
}

static bool find_handle(const char* path) {
  int mount;
  file.handle.handle_bytes = sizeof file.room - sizeof file.handle;
  return name_to_handle_at(AT_FDCWD, path, &file.handle, &mount, 0) == 0;
}

static void prepare_open(void) {
  if (takes_path()) return;
  if (!find_handle(temp_path("file"))) fact("no handles here errno=%s", error_name(errno));
  mount_fd = open(temp_path(""), O_RDONLY | O_DIRECTORY);
}

static void tidy_open(void) {
  if (mount_fd >= 0) close(mount_fd);
  mount_fd = -1;
}

static int make_open(int* fds) { return fds[0] = opened(temp_path("file"), O_RDONLY); }

const struct maker open_maker = {
    .count = 1, .roles = {"fd"}, .prepare = prepare_open, .make = make_open, .tidy = tidy_open};

static void tell_modes(void) {
  const struct {
    const char* name;
    int flags;
    unsigned mode;
  } tries[] = {{"new1", O_CREAT | O_WRONLY, 0641},
               {"new2", O_CREAT | O_EXCL | O_RDWR, 0},
               {"new3", O_CREAT | O_RDWR | O_CLOEXEC, 0604},
               {"", O_TMPFILE | O_RDWR, 0614},
               {"", O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600}};
  for (size_t i = 0; i < sizeof tries / sizeof *tries; ++i) {
    errno = untouched;
    const int fd = opened_at(AT_FDCWD, temp_path(tries[i].name), tries[i].flags, tries[i].mode);
    char what[32];
    snprintf(what, sizeof what, "create-%zu", i);
    if (fd >= 0) tell_mode(what, fd);
    tell_descriptor(what, fd);
  }
}

/// The fortified names end a program that gives flags which want a mode, and no mode.
static void tell_abort(void) {
  const pid_t child = fork();
  if (child == 0) {
    const int nothing = open("/dev/null", O_WRONLY);
    if (nothing >= 0) dup2(nothing, 2);
    setenv("LIBC_FATAL_STDERR_", "1", 1);
    signal(SIGABRT, SIG_DFL);
    opened(temp_path("new"), O_CREAT | O_RDWR);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  fact("create-without-mode aborts=%d", WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void tell_path_errors(void) {
  DESCRIPTOR("missing", opened(temp_path("missing"), O_RDONLY));
  DESCRIPTOR("bad-pointer", opened((const char*)(uintptr_t)1, O_RDONLY));
  DESCRIPTOR("not-a-directory", opened(temp_path("file"), O_RDONLY | O_DIRECTORY));
  DESCRIPTOR("directory", opened(temp_path(""), O_RDONLY | O_DIRECTORY));
  DESCRIPTOR("directory-for-writing", opened(temp_path(""), O_WRONLY));
  DESCRIPTOR("path-only", opened(temp_path("file"), O_PATH));
  DESCRIPTOR("empty-path", opened("", O_RDONLY));
  if (subject.kind == open_plain || subject.kind == open_fortified) return;
  DESCRIPTOR("bad-directory", opened_at(-5, "file", O_RDONLY, 0));
  const int directory = open(temp_path(""), O_RDONLY | O_DIRECTORY);
  DESCRIPTOR("in-directory", opened_at(directory, "file", O_RDONLY, 0));
  close(directory);
}

static void tell_how_errors(void) {
  how_type* const openat2 = CALL(how_type*);
  struct {
    struct how how;
    uint64_t later;
  } longer = {{O_RDONLY, 0, 0}, 0};
  const struct how untaken_mode = {O_RDONLY, 0600, 0};
  const struct how unknown = {O_RDONLY, 0, UINT64_C(1) << 60};
  DESCRIPTOR("short-struct", openat2(AT_FDCWD, temp_path("file"), &longer.how, 8));
  DESCRIPTOR("longer-struct", openat2(AT_FDCWD, temp_path("file"), &longer.how, sizeof longer));
  longer.later = 1;
  DESCRIPTOR("unknown-member", openat2(AT_FDCWD, temp_path("file"), &longer.how, sizeof longer));
  DESCRIPTOR("mode-untaken", openat2(AT_FDCWD, temp_path("file"), &untaken_mode, sizeof untaken_mode));
  DESCRIPTOR("unknown-resolve", openat2(AT_FDCWD, temp_path("file"), &unknown, sizeof unknown));
  fact("how flags=%d", (int)longer.how.flags);
}

static void tell_handle_errors(void) {
  handle_type* const open_handle_at = CALL(handle_type*);
  DESCRIPTOR("bad-mount", open_handle_at(-5, &file.handle, O_RDONLY));
  file.handle.handle_bytes = 1000;
  DESCRIPTOR("bad-handle", open_handle_at(AT_FDCWD, &file.handle, O_RDONLY));
}

void run_open(void) {
  int fds[most_descriptors];
  if (made(&open_maker, fds)) {
    char text[8] = "";
    fact("reads=%zd %s", read(fds[0], text, 5), text);
    DESCRIPTOR("asked", opened(temp_path("file"), O_RDONLY | O_CLOEXEC));
    DESCRIPTOR("unknown-flag", opened(temp_path("file"), O_RDONLY | 1 << 30));
    if (takes_path()) tell_path_errors();
    if (subject.kind == open_how) tell_how_errors();
    if (subject.kind == open_handle) tell_handle_errors();
    if (takes_mode()) tell_modes();
    if (subject.kind == open_fortified || subject.kind == open_at_fortified) tell_abort();
    release(&open_maker, fds);
  }
  tell_limits(&open_maker);
  const int saved = free_zero();
  prepare_open();
  DESCRIPTOR("asked", opened(temp_path("file"), O_RDONLY | O_CLOEXEC));
  tidy_open();
  restore_zero(saved);
}

void block_open(void) {
  prepare_open();
  if (mkfifo(temp_path("fifo"), 0600) != 0) _exit(1);
  if (!takes_path() && !find_handle(temp_path("fifo"))) fact("no handles here");
  about_to_block();
  opened(temp_path("fifo"), O_RDONLY);
}
