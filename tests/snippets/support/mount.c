// SPDX-License-Identifier: Apache-2.0
//
// The mount API of Linux 5.2: fsopen(2), fsmount(2), fspick(2), open_tree(2). Nothing is mounted anywhere. Where that
// is not permitted, the error is the fact.

#include <sys/syscall.h>

#include "families.h"

#ifndef SYS_fsopen
#define SYS_fsopen 430
#define SYS_fsconfig 431
#endif

typedef int fsopen_type(const char*, unsigned);
typedef int fsmount_type(int, unsigned, unsigned);
typedef int at_type(int, const char*, unsigned);

enum { asked = 1, create_file_system = 6, unknown_flag = 1 << 20 };

static int make_fsopen(int* fds) { return fds[0] = CALL(fsopen_type*)("tmpfs", 0); }
static const struct maker fsopen_maker = {.count = 1, .roles = {"context"}, .make = make_fsopen};

void run_fsopen(void) {
  fsopen_type* const make = CALL(fsopen_type*);
  int fds[most_descriptors];
  if (made(&fsopen_maker, fds)) {
    RESULT("create", syscall(SYS_fsconfig, fds[0], create_file_system, NULL, NULL, 0));
    release(&fsopen_maker, fds);
  }
  DESCRIPTOR("asked", make("tmpfs", asked));
  DESCRIPTOR("unknown-file-system", make("no-such-file-system", 0));
  DESCRIPTOR("unknown-flag", make("tmpfs", unknown_flag));
  DESCRIPTOR("bad-pointer", make((const char*)(size_t)1, 0));
  tell_limits(&fsopen_maker);
}

static int context = -1;

static void create_context(void) {
  context = (int)syscall(SYS_fsopen, "tmpfs", asked);
  syscall(SYS_fsconfig, context, create_file_system, NULL, NULL, 0);
}
static void close_context(void) { close(context); }
static int make_fsmount(int* fds) { return fds[0] = CALL(fsmount_type*)(context, 0, 0); }
static const struct maker fsmount_maker = {
    .count = 1, .roles = {"mount"}, .prepare = create_context, .make = make_fsmount, .tidy = close_context};

void run_fsmount(void) {
  fsmount_type* const make = CALL(fsmount_type*);
  int fds[most_descriptors];
  if (made(&fsmount_maker, fds)) {
    RESULT("create-in-it", mkdirat(fds[0], "directory", 0700));
    release(&fsmount_maker, fds);
  }
  create_context();
  DESCRIPTOR("unknown-flag", make(context, unknown_flag, 0));
  DESCRIPTOR("unknown-attribute", make(context, 0, 1U << 30));
  DESCRIPTOR("asked", make(context, asked, 0));
  DESCRIPTOR("second-time", make(context, 0, 0));
  close_context();
  DESCRIPTOR("not-open", make(250, 0, 0));
  DESCRIPTOR("not-a-context", make(1, 0, 0));
  tell_limits(&fsmount_maker);
}

// Not "/", which in a chroot need not be where a file system is mounted.
static const char mount_point[] = "/proc";

static int make_at(int* fds) { return fds[0] = CALL(at_type*)(AT_FDCWD, mount_point, 0); }
static const struct maker fspick_maker = {.count = 1, .roles = {"context"}, .make = make_at};
static const struct maker tree_maker = {.count = 1, .roles = {"tree"}, .make = make_at};

static void tell_at_errors(void) {
  at_type* const make = CALL(at_type*);
  DESCRIPTOR("missing", make(AT_FDCWD, temp_path("missing"), 0));
  DESCRIPTOR("bad-directory", make(-5, "file", 0));
  DESCRIPTOR("unknown-flag", make(AT_FDCWD, mount_point, unknown_flag));
  DESCRIPTOR("bad-pointer", make(AT_FDCWD, (const char*)(size_t)1, 0));
}

void run_fspick(void) {
  tell_all(&fspick_maker);
  DESCRIPTOR("asked", CALL(at_type*)(AT_FDCWD, mount_point, asked));
  DESCRIPTOR("not-a-mount", CALL(at_type*)(AT_FDCWD, temp_path("file"), 0));
  tell_at_errors();
}

void run_open_tree(void) {
  tell_all(&tree_maker);
  DESCRIPTOR("asked", CALL(at_type*)(AT_FDCWD, mount_point, O_CLOEXEC));
  DESCRIPTOR("cloned", CALL(at_type*)(AT_FDCWD, mount_point, 1));
  tell_at_errors();
}
