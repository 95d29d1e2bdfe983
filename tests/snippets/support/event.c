// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that report events: epoll, eventfd, signalfd, timerfd, inotify and fanotify.

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

#include "families.h"

typedef int int_type(int);
typedef int none_type(void);
typedef int eventfd_type(unsigned, int);
typedef int signalfd_type(int, const sigset_t*, int);
typedef int timerfd_type(int, int);
typedef int fanotify_type(unsigned, unsigned);

enum { unknown_flag = 1 << 25 };

static bool is_readable(int fd) {
  struct pollfd ready = {fd, POLLIN, 0};
  return poll(&ready, 1, 2000) == 1;
}

static int make_epoll(int* fds) { return fds[0] = CALL(int_type*)(subject.kind == epoll_size ? 5 : 0); }
static const struct maker epoll_maker = {.count = 1, .roles = {"fd"}, .make = make_epoll};

void run_epoll(void) {
  int_type* const make = CALL(int_type*);
  int fds[most_descriptors];
  if (made(&epoll_maker, fds)) {
    int ends[2];
    struct epoll_event event = {.events = EPOLLIN};
    if (pipe(ends) != 0) _exit(1);
    RESULT("add", epoll_ctl(fds[0], EPOLL_CTL_ADD, ends[0], &event));
    if (write(ends[1], "x", 1) != 1) fact("cannot write");
    fact("reports=%d", epoll_wait(fds[0], &event, 1, 2000));
    close(ends[0]);
    close(ends[1]);
    release(&epoll_maker, fds);
  }
  if (subject.kind == epoll_size) {
    DESCRIPTOR("size-0", make(0));
    DESCRIPTOR("size-negative", make(-1));
  } else {
    DESCRIPTOR("asked", make(EPOLL_CLOEXEC));
    DESCRIPTOR("unknown-flag", make(unknown_flag));
    DESCRIPTOR("unknown-flag-asked", make(EPOLL_CLOEXEC | 1));
  }
  tell_limits(&epoll_maker);
}

static int make_eventfd(int* fds) { return fds[0] = CALL(eventfd_type*)(3, 0); }
static const struct maker eventfd_maker = {.count = 1, .roles = {"fd"}, .make = make_eventfd};

void run_eventfd(void) {
  eventfd_type* const make = CALL(eventfd_type*);
  int fds[most_descriptors];
  uint64_t value = 0;
  if (made(&eventfd_maker, fds)) {
    RESULT("read", read(fds[0], &value, sizeof value));
    fact("value=%d", (int)value);
    release(&eventfd_maker, fds);
  }
  const int counting = make(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  RESULT("semaphore read", read(counting, &value, sizeof value));
  fact("semaphore value=%d", (int)value);
  RESULT("semaphore read again", read(counting, &value, sizeof value));
  RESULT("semaphore read empty", read(counting, &value, sizeof value));
  tell_flag("semaphore", counting);
  close(counting);
  DESCRIPTOR("asked", make(0, EFD_CLOEXEC));
  DESCRIPTOR("unknown-flag", make(0, unknown_flag));
  tell_limits(&eventfd_maker);
}

static sigset_t mask;
static int make_signalfd(int* fds) { return fds[0] = CALL(signalfd_type*)(-1, &mask, 0); }
static const struct maker signalfd_maker = {.count = 1, .roles = {"fd"}, .make = make_signalfd};

void run_signalfd(void) {
  signalfd_type* const make = CALL(signalfd_type*);
  int fds[most_descriptors];
  sigset_t before;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  if (made(&signalfd_maker, fds)) {
    struct signalfd_siginfo info = {0};
    pthread_sigmask(SIG_BLOCK, &mask, &before);
    raise(SIGUSR2);
    const ssize_t got = read(fds[0], &info, sizeof info);
    fact("reads=%zd is-right=%d", got, info.ssi_signo == SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    fcntl(fds[0], F_SETFD, 0);
    RESULT("existing", make(fds[0], &mask, SFD_CLOEXEC) == fds[0]);
    tell_kept_flag("existing", fds[0]);
    release(&signalfd_maker, fds);
  }
  DESCRIPTOR("asked", make(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  DESCRIPTOR("unknown-flag", make(-1, &mask, unknown_flag));
  DESCRIPTOR("bad-pointer", make(-1, NULL, 0));
  DESCRIPTOR("not-open", make(250, &mask, 0));
  DESCRIPTOR("not-a-signalfd", make(1, &mask, 0));
  tell_limits(&signalfd_maker);
}

static int make_timerfd(int* fds) { return fds[0] = CALL(timerfd_type*)(CLOCK_MONOTONIC, 0); }
static const struct maker timerfd_maker = {.count = 1, .roles = {"fd"}, .make = make_timerfd};

void run_timerfd(void) {
  timerfd_type* const make = CALL(timerfd_type*);
  int fds[most_descriptors];
  if (made(&timerfd_maker, fds)) {
    const struct itimerspec soon = {.it_value = {0, 1000}};
    RESULT("set", timerfd_settime(fds[0], 0, &soon, NULL));
    fact("fires=%d", is_readable(fds[0]));
    release(&timerfd_maker, fds);
  }
  DESCRIPTOR("asked", make(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  DESCRIPTOR("unknown-flag", make(CLOCK_MONOTONIC, unknown_flag));
  DESCRIPTOR("unknown-clock", make(1000, 0));
  tell_limits(&timerfd_maker);
}

static int make_inotify(int* fds) {
  return fds[0] = subject.kind == inotify_plain ? CALL(none_type*)() : CALL(int_type*)(0);
}
static const struct maker inotify_maker = {.count = 1, .roles = {"fd"}, .make = make_inotify};

void run_inotify(void) {
  int fds[most_descriptors];
  if (made(&inotify_maker, fds)) {
    RESULT("watch", inotify_add_watch(fds[0], temp_path(""), IN_CREATE));
    make_file(temp_path("created"), "");
    fact("reports=%d", is_readable(fds[0]));
    unlink(temp_path("created"));
    release(&inotify_maker, fds);
  }
  if (subject.kind == inotify_flags) {
    int_type* const make = CALL(int_type*);
    char byte;
    const int nonblocking = make(IN_NONBLOCK);
    RESULT("nonblocking read", read(nonblocking, &byte, 1));
    tell_flag("nonblocking", nonblocking);
    close(nonblocking);
    DESCRIPTOR("asked", make(IN_CLOEXEC));
    DESCRIPTOR("unknown-flag", make(unknown_flag));
  }
  tell_limits(&inotify_maker);
}

static int make_fanotify(int* fds) { return fds[0] = CALL(fanotify_type*)(FAN_CLASS_NOTIF, O_RDONLY); }
static const struct maker fanotify_maker = {.count = 1, .roles = {"fd"}, .make = make_fanotify};

/// Each event brings a descriptor of the file that it is about.
static void tell_events(int fd) {
  RESULT("mark", fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, temp_path("file")));
  close(open(temp_path("file"), O_RDONLY));
  fact("reports=%d", is_readable(fd));
  struct fanotify_event_metadata event;
  if (!is_readable(fd) || read(fd, &event, sizeof event) != (ssize_t)sizeof event) return;
  char text[8] = "";
  tell_flag("event", event.fd);
  fact("event reads=%zd %s access=%d", read(event.fd, text, 5), text, fcntl(event.fd, F_GETFL) & O_ACCMODE);
  close(event.fd);
}

void run_fanotify(void) {
  fanotify_type* const make = CALL(fanotify_type*);
  int fds[most_descriptors];
  if (made(&fanotify_maker, fds)) {
    tell_events(fds[0]);
    release(&fanotify_maker, fds);
  }
  DESCRIPTOR("asked", make(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_CLOEXEC));
  DESCRIPTOR("unknown-flag", make(1U << 30, O_RDONLY));
  DESCRIPTOR("unknown-event-flag", make(FAN_CLASS_NOTIF, O_RDONLY | O_CREAT));
  tell_limits(&fanotify_maker);
}
