// SPDX-License-Identifier: Apache-2.0
//
// syscall(2) by every number that makes a descriptor. Each number is dressed as the function of its name and goes
// through that function's facts; a number that this architecture lacks is told as absent.

#include <linux/perf_event.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "families.h"

// Newer than some headers; the same on every architecture.
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_fsopen 430
#define SYS_fsmount 432
#define SYS_fspick 433
#endif
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

typedef long syscall_type(long, ...);
static syscall_type* by_number;

enum { kernel_signals = 8 };  // the size of the kernel's sigset_t

#ifdef SYS_open
static int sys_open(const char* path, int flags, unsigned mode) { return (int)by_number(SYS_open, path, flags, mode); }
static int sys_creat(const char* path, mode_t mode) { return (int)by_number(SYS_creat, path, mode); }
static int sys_pipe(int* ends) { return (int)by_number(SYS_pipe, ends); }
static int sys_dup2(int from, int to) { return (int)by_number(SYS_dup2, from, to); }
static int sys_epoll_create(int size) { return (int)by_number(SYS_epoll_create, size); }
static int sys_inotify_init(void) { return (int)by_number(SYS_inotify_init); }
static int sys_eventfd(unsigned value, int flags) {
  if (flags != 0) return (int)by_number(SYS_eventfd2, value, flags);
  return (int)by_number(SYS_eventfd, value);
}
static int sys_signalfd(int fd, const sigset_t* mask, int flags) {
  if (flags != 0) return (int)by_number(SYS_signalfd4, fd, mask, (size_t)kernel_signals, flags);
  return (int)by_number(SYS_signalfd, fd, mask, (size_t)kernel_signals);
}
#else
#define sys_open NULL
#define sys_creat NULL
#define sys_pipe NULL
#define sys_dup2 NULL
#define sys_epoll_create NULL
#define sys_inotify_init NULL
#define sys_eventfd NULL
#define sys_signalfd NULL
#endif

#ifdef SYS_accept
static int sys_accept(int fd, void* address, void* length) { return (int)by_number(SYS_accept, fd, address, length); }
#else
#define sys_accept NULL
#endif

#ifdef SYS_fcntl64
static int sys_fcntl64(int fd, int command, long argument) {
  return (int)by_number(SYS_fcntl64, fd, command, argument);
}
#else
#define sys_fcntl64 NULL
#endif

#ifdef SYS_recvmmsg_time64
static int sys_recvmmsg_time64(int fd, void* messages, unsigned count, int flags, void* timeout) {
  return (int)by_number(SYS_recvmmsg_time64, fd, messages, count, flags, timeout);
}
#else
#define sys_recvmmsg_time64 NULL
#endif

static int sys_openat(int directory, const char* path, int flags, unsigned mode) {
  return (int)by_number(SYS_openat, directory, path, flags, mode);
}
static int sys_openat2(int directory, const char* path, const void* how, size_t size) {
  return (int)by_number(SYS_openat2, directory, path, how, size);
}
static int sys_open_by_handle_at(int mount, void* handle, int flags) {
  return (int)by_number(SYS_open_by_handle_at, mount, handle, flags);
}
static int sys_dup(int fd) { return (int)by_number(SYS_dup, fd); }
static int sys_dup3(int from, int to, int flags) { return (int)by_number(SYS_dup3, from, to, flags); }
static int sys_fcntl(int fd, int command, long argument) { return (int)by_number(SYS_fcntl, fd, command, argument); }
static int sys_pipe2(int* ends, int flags) { return (int)by_number(SYS_pipe2, ends, flags); }
static int sys_socket(int domain, int type, int protocol) { return (int)by_number(SYS_socket, domain, type, protocol); }
static int sys_socketpair(int domain, int type, int protocol, int* ends) {
  return (int)by_number(SYS_socketpair, domain, type, protocol, ends);
}
static int sys_accept4(int fd, void* address, void* length, int flags) {
  return (int)by_number(SYS_accept4, fd, address, length, flags);
}
static ssize_t sys_recvmsg(int fd, void* message, int flags) {
  return (ssize_t)by_number(SYS_recvmsg, fd, message, flags);
}
static int sys_recvmmsg(int fd, void* messages, unsigned count, int flags, void* timeout) {
  return (int)by_number(SYS_recvmmsg, fd, messages, count, flags, timeout);
}
static int sys_epoll_create1(int flags) { return (int)by_number(SYS_epoll_create1, flags); }
static int sys_eventfd2(unsigned value, int flags) { return (int)by_number(SYS_eventfd2, value, flags); }
static int sys_signalfd4(int fd, const sigset_t* mask, int flags) {
  return (int)by_number(SYS_signalfd4, fd, mask, (size_t)kernel_signals, flags);
}
static int sys_timerfd_create(int clock, int flags) { return (int)by_number(SYS_timerfd_create, clock, flags); }
static int sys_inotify_init1(int flags) { return (int)by_number(SYS_inotify_init1, flags); }
static int sys_fanotify_init(unsigned flags, unsigned event_flags) {
  return (int)by_number(SYS_fanotify_init, flags, event_flags);
}
static int sys_memfd_create(const char* name, unsigned flags) { return (int)by_number(SYS_memfd_create, name, flags); }
static int sys_fsopen(const char* name, unsigned flags) { return (int)by_number(SYS_fsopen, name, flags); }
static int sys_fsmount(int context, unsigned flags, unsigned attributes) {
  return (int)by_number(SYS_fsmount, context, flags, attributes);
}
static int sys_fspick(int directory, const char* path, unsigned flags) {
  return (int)by_number(SYS_fspick, directory, path, flags);
}
static int sys_open_tree(int directory, const char* path, unsigned flags) {
  return (int)by_number(SYS_open_tree, directory, path, flags);
}

// Those that no function of libc stands for.

static int make_memfd_secret(int* fds) { return fds[0] = (int)by_number(SYS_memfd_secret, 0); }
static const struct maker secret_maker = {.count = 1, .roles = {"fd"}, .make = make_memfd_secret};
static void run_memfd_secret(void) {
  tell_all(&secret_maker);
  DESCRIPTOR("asked", (int)by_number(SYS_memfd_secret, O_CLOEXEC));
  DESCRIPTOR("unknown-flag", (int)by_number(SYS_memfd_secret, 1 << 20));
}

static int make_userfaultfd(int* fds) { return fds[0] = (int)by_number(SYS_userfaultfd, 1); }
static const struct maker fault_maker = {.count = 1, .roles = {"fd"}, .make = make_userfaultfd};
static void run_userfaultfd(void) {
  tell_all(&fault_maker);
  DESCRIPTOR("asked", (int)by_number(SYS_userfaultfd, O_CLOEXEC | 1));
  DESCRIPTOR("unknown-flag", (int)by_number(SYS_userfaultfd, 1 << 20));
}

/// A counter of this thread's context switches: the one kind that virtual machines have, too.
static int counter(unsigned long flags) {
  struct perf_event_attr what;
  memset(&what, 0, sizeof what);
  what.type = PERF_TYPE_SOFTWARE;
  what.size = sizeof what;
  what.config = PERF_COUNT_SW_CONTEXT_SWITCHES;
  return (int)by_number(SYS_perf_event_open, &what, 0, -1, -1, flags);
}
static int make_counter(int* fds) { return fds[0] = counter(0); }
static const struct maker counter_maker = {.count = 1, .roles = {"fd"}, .make = make_counter};
static void run_perf_event_open(void) {
  tell_all(&counter_maker);
  DESCRIPTOR("asked", counter(1UL << 3));
  DESCRIPTOR("unknown-flag", counter(1UL << 20));
}

static void run_number(const char* part, void (*run)(void), int kind, function* stand_in) {
  subject.part = part;
  subject.kind = kind;
  subject.function = stand_in;
  if (stand_in == NULL) {
    fact("absent");
    return;
  }
  // What is made anew for one must not be there of another.
  remove_temp_directory();
  make_temp_directory();
  run();
}

/// What makes no descriptor goes through with all six arguments.
static void tell_others(void) {
  RESULT("getpid", by_number(SYS_getpid) == getpid());
  RESULT("unknown-number", by_number(99999L));
  char text[5] = "";
  const int fd = open(temp_path("file"), O_RDONLY);
  fact("pread64 right=%d",
       by_number(SYS_pread64, fd, text, sizeof text, 0L, 0L, 0L) == 5 && memcmp(text, "bytes", 5) == 0);
  close(fd);
}

void run_by_number(void) {
  const struct subject whole = subject;
  by_number = CALL(syscall_type*);
#define NUMBER(name, run, kind) run_number(#name, run, kind, (function*)sys_##name)
  NUMBER(open, run_open, open_plain);
  NUMBER(openat, run_open, open_at);
  NUMBER(openat2, run_open, open_how);
  NUMBER(open_by_handle_at, run_open, open_handle);
  NUMBER(creat, run_creat, 0);
  NUMBER(dup, run_dup, 0);
  NUMBER(dup2, run_dup2, 0);
  NUMBER(dup3, run_dup3, 0);
  NUMBER(fcntl, run_fcntl, 0);
  NUMBER(fcntl64, run_fcntl, 0);
  NUMBER(pipe, run_pipe, pipe_plain);
  NUMBER(pipe2, run_pipe, pipe_flags);
  NUMBER(socket, run_socket, 0);
  NUMBER(socketpair, run_socketpair, 0);
  NUMBER(accept, run_accept, accept_plain);
  NUMBER(accept4, run_accept, accept_flags);
  NUMBER(recvmsg, run_receive, receive_one);
  NUMBER(recvmmsg, run_receive, receive_many);
  NUMBER(recvmmsg_time64, run_receive, receive_many);
  NUMBER(epoll_create, run_epoll, epoll_size);
  NUMBER(epoll_create1, run_epoll, epoll_flags);
  NUMBER(eventfd, run_eventfd, 0);
  NUMBER(eventfd2, run_eventfd, 0);
  NUMBER(signalfd, run_signalfd, 0);
  NUMBER(signalfd4, run_signalfd, 0);
  NUMBER(timerfd_create, run_timerfd, 0);
  NUMBER(inotify_init, run_inotify, inotify_plain);
  NUMBER(inotify_init1, run_inotify, inotify_flags);
  NUMBER(fanotify_init, run_fanotify, 0);
  NUMBER(memfd_create, run_memfd, 0);
  NUMBER(fsopen, run_fsopen, 0);
  NUMBER(fsmount, run_fsmount, 0);
  NUMBER(fspick, run_fspick, 0);
  NUMBER(open_tree, run_open_tree, 0);
#undef NUMBER
  run_number("memfd_secret", run_memfd_secret, 0, whole.function);
  run_number("userfaultfd", run_userfaultfd, 0, whole.function);
  run_number("perf_event_open", run_perf_event_open, 0, whole.function);
  subject = whole;
  tell_others();
}
