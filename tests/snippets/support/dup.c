// SPDX-License-Identifier: Apache-2.0
//
// dup(2), dup2(2), dup3(2) and fcntl(2): a second number for what is open already.

#include "families.h"

typedef int dup_type(int);
typedef int dup2_type(int, int);
typedef int dup3_type(int, int, int);
typedef int fcntl_type(int, int, ...);

enum { target = 60, never_open = 250 };

static int source = -1;

static void open_source(void) { source = open(temp_path("file"), O_RDONLY); }
static void close_source(void) { close(source); }

static int make_dup(int* fds) { return fds[0] = CALL(dup_type*)(source); }
static int make_dup2(int* fds) { return fds[0] = CALL(dup2_type*)(source, target); }
static int make_dup3(int* fds) { return fds[0] = CALL(dup3_type*)(source, target, 0); }
static int make_fcntl(int* fds) { return fds[0] = CALL(fcntl_type*)(source, F_DUPFD, 0); }

const struct maker dup_maker = {
    .count = 1, .roles = {"fd"}, .prepare = open_source, .make = make_dup, .tidy = close_source};
const struct maker dup2_maker = {
    .count = 1, .roles = {"fd"}, .prepare = open_source, .make = make_dup2, .tidy = close_source};
const struct maker dup3_maker = {
    .count = 1, .roles = {"fd"}, .prepare = open_source, .make = make_dup3, .tidy = close_source};
const struct maker fcntl_maker = {
    .count = 1, .roles = {"fd"}, .prepare = open_source, .make = make_fcntl, .tidy = close_source};

/// Two numbers of one open file have one offset.
static void tell_shared(int fd) {
  char byte;
  const ssize_t got = read(fd, &byte, 1);
  fact("shares-offset=%d", got == 1 && lseek(source, 0, SEEK_CUR) == 1);
}

void run_dup(void) {
  int fds[most_descriptors];
  if (made(&dup_maker, fds)) {
    tell_shared(fds[0]);
    release(&dup_maker, fds);
  }
  DESCRIPTOR("bad", CALL(dup_type*)(-1));
  DESCRIPTOR("not-open", CALL(dup_type*)(never_open));
  tell_limits(&dup_maker);
}

void run_dup2(void) {
  dup2_type* const duplicate = CALL(dup2_type*);
  int fds[most_descriptors];
  if (made(&dup2_maker, fds)) {
    fact("number-as-asked=%d", fds[0] == target);
    tell_shared(fds[0]);
    fcntl(source, F_SETFD, 0);
    RESULT("onto-itself", duplicate(source, source) == source);
    tell_kept_flag("onto-itself", source);
    fcntl(source, F_SETFD, FD_CLOEXEC);
    RESULT("onto-itself", duplicate(source, source) == source);
    tell_kept_flag("onto-itself", source);
    int ends[2];
    if (pipe(ends) != 0) _exit(1);
    char byte;
    DESCRIPTOR("onto-open", duplicate(source, ends[1]));
    fact("old-is-closed=%d", read(ends[0], &byte, 1) == 0);
    close(ends[0]);
    release(&dup2_maker, fds);
  }
  open_source();
  DESCRIPTOR("bad", duplicate(-1, target));
  DESCRIPTOR("not-open", duplicate(never_open, target));
  DESCRIPTOR("not-open-onto-itself", duplicate(never_open, never_open));
  DESCRIPTOR("bad-onto-itself", duplicate(-1, -1));
  DESCRIPTOR("negative-target", duplicate(source, -1));
  DESCRIPTOR("huge-target", duplicate(source, 1 << 30));
  const int saved = free_zero();
  DESCRIPTOR("onto-0", duplicate(source, 0));
  restore_zero(saved);
  close_source();
  tell_limits(&dup2_maker);
}

void run_dup3(void) {
  dup3_type* const duplicate = CALL(dup3_type*);
  int fds[most_descriptors];
  if (made(&dup3_maker, fds)) {
    fact("number-as-asked=%d", fds[0] == target);
    tell_shared(fds[0]);
    release(&dup3_maker, fds);
  }
  open_source();
  DESCRIPTOR("asked", duplicate(source, target, O_CLOEXEC));
  DESCRIPTOR("onto-itself", duplicate(source, source, 0));
  DESCRIPTOR("not-open-onto-itself", duplicate(never_open, never_open, 0));
  DESCRIPTOR("unknown-flag", duplicate(source, target, O_NONBLOCK));
  DESCRIPTOR("not-open", duplicate(never_open, target, 0));
  DESCRIPTOR("negative-target", duplicate(source, -1, 0));
  DESCRIPTOR("huge-target", duplicate(source, 1 << 30, 0));
  const int saved = free_zero();
  DESCRIPTOR("onto-0", duplicate(source, 0, 0));
  DESCRIPTOR("asked-onto-0", duplicate(source, 0, O_CLOEXEC));
  DESCRIPTOR("unknown-flag-onto-0", duplicate(source, 0, O_NONBLOCK));
  restore_zero(saved);
  close_source();
  tell_limits(&dup3_maker);
}

void run_fcntl(void) {
  fcntl_type* const control = CALL(fcntl_type*);
  int fds[most_descriptors];
  if (made(&fcntl_maker, fds)) {
    tell_shared(fds[0]);
    release(&fcntl_maker, fds);
  }
  open_source();
  errno = untouched;
  const int high = control(source, F_DUPFD, target);
  fact("number-at-least=%d", high >= target);
  tell_descriptor("high", high);
  DESCRIPTOR("asked", control(source, F_DUPFD_CLOEXEC, 0));
  DESCRIPTOR("not-open", control(never_open, F_DUPFD, 0));
  DESCRIPTOR("negative", control(source, F_DUPFD, -1));
  DESCRIPTOR("huge", control(source, F_DUPFD, 1 << 30));
  const int saved = free_zero();
  DESCRIPTOR("asked", control(source, F_DUPFD_CLOEXEC, 0));
  restore_zero(saved);

  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  RESULT("get-lock", control(source, F_GETLK, &lock));
  fact("lock-type-is-unlocked=%d", lock.l_type == F_UNLCK);
  RESULT("get-lock-bad-pointer", control(source, F_GETLK, NULL));
  RESULT("set-flag", control(source, F_SETFD, 0));
  tell_kept_flag("set-flag", source);
  RESULT("set-flag", control(source, F_SETFD, FD_CLOEXEC));
  tell_kept_flag("set-flag", source);
  fact("get-flag=%d", control(source, F_GETFD));
  RESULT("set-status", control(source, F_SETFL, O_APPEND));
  fact("append=%d", (control(source, F_GETFL) & O_APPEND) != 0);
  RESULT("unknown-command", control(source, 9999));
  RESULT("get-not-open", control(never_open, F_GETFL));
  close_source();
  tell_limits(&fcntl_maker);
}

/// Waits for a lock that another open of the file has.
void block_fcntl(void) {
  const int holder = open(temp_path("file"), O_RDWR);
  const int waiter = open(temp_path("file"), O_RDWR);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(holder, F_OFD_SETLK, &lock) != 0) fact("cannot lock errno=%s", error_name(errno));
  about_to_block();
  CALL(fcntl_type*)(waiter, F_SETLKW, &lock);
}
