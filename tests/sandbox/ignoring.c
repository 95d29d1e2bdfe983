// SPDX-License-Identifier: Apache-2.0
//
// A preload that drops every request for close-on-exec without a word, as kernels before 2.6.23 do. Loaded after the
// shim it stands for such a kernel: the shim must look at what it got.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NEXT(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

// Calls the function that it stands in, with what follows as its arguments.
#define IGNORING(result, name, parameters, ...) \
  result name parameters { return NEXT(name)(__VA_ARGS__); }

// What follows `last` when it is there: a mode or the argument of a command.
#define MORE(type, value, last)          \
  va_list more;                          \
  va_start(more, last);                  \
  const type value = va_arg(more, type); \
  va_end(more)

#define OPEN(name)                                     \
  int name(const char* path, int flags, ...) {         \
    MORE(mode_t, mode, flags);                         \
    return NEXT(name)(path, flags & ~O_CLOEXEC, mode); \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                              \
  int name(int directory, const char* path, int flags, ...) {     \
    MORE(mode_t, mode, flags);                                    \
    return NEXT(name)(directory, path, flags & ~O_CLOEXEC, mode); \
  }
OPENAT(openat)
OPENAT(openat64)

#define FCNTL(name)                                                                  \
  int name(int fd, int command, ...) {                                               \
    MORE(void*, argument, command);                                                  \
    return NEXT(name)(fd, command == F_DUPFD_CLOEXEC ? F_DUPFD : command, argument); \
  }
FCNTL(fcntl)
FCNTL(fcntl64)

int ioctl(int fd, unsigned long request, ...) {
  MORE(void*, argument, request);
  if (request == TIOCGPTPEER) return NEXT(ioctl)(fd, request, (long)argument & ~O_CLOEXEC);
  return NEXT(ioctl)(fd, request, argument);
}

static void without_e(char* to, size_t room, const char* mode) {
  for (; *mode != '\0' && *mode != ',' && room > 1; ++mode)
    if (*mode != 'e') *to++ = *mode, --room;
  snprintf(to, room, "%s", mode);
}

#define STREAM(name, parameters, ...)     \
  FILE* name parameters {                 \
    char plain[64];                       \
    without_e(plain, sizeof plain, mode); \
    return NEXT(name)(__VA_ARGS__);       \
  }
STREAM(fopen, (const char* path, const char* mode), path, plain)
STREAM(fopen64, (const char* path, const char* mode), path, plain)
STREAM(freopen, (const char* path, const char* mode, FILE* stream), path, plain, stream)
STREAM(freopen64, (const char* path, const char* mode, FILE* stream), path, plain, stream)
STREAM(popen, (const char* command, const char* mode), command, plain)

IGNORING(int, mkostemp, (char* name, int flags), name, flags & ~O_CLOEXEC)
IGNORING(int, mkostemp64, (char* name, int flags), name, flags & ~O_CLOEXEC)
IGNORING(int, mkostemps, (char* name, int suffix, int flags), name, suffix, flags & ~O_CLOEXEC)
IGNORING(int, mkostemps64, (char* name, int suffix, int flags), name, suffix, flags & ~O_CLOEXEC)
IGNORING(int, memfd_create, (const char* name, unsigned flags), name, flags & ~MFD_CLOEXEC)
IGNORING(int, dup3, (int from, int to, int flags), from, to, flags & ~O_CLOEXEC)
IGNORING(int, pipe2, (int ends[2], int flags), ends, flags & ~O_CLOEXEC)
IGNORING(int, socket, (int domain, int type, int protocol), domain, type & ~SOCK_CLOEXEC, protocol)
IGNORING(int, socketpair, (int domain, int type, int protocol, int ends[2]), domain, type & ~SOCK_CLOEXEC, protocol,
         ends)
IGNORING(int, accept4, (int fd, __SOCKADDR_ARG address, socklen_t* size, int flags), fd, address, size,
         flags & ~SOCK_CLOEXEC)
IGNORING(ssize_t, recvmsg, (int fd, struct msghdr* message, int flags), fd, message, flags & ~MSG_CMSG_CLOEXEC)
IGNORING(int, recvmmsg, (int fd, struct mmsghdr* messages, unsigned count, int flags, struct timespec* timeout), fd,
         messages, count, flags & ~MSG_CMSG_CLOEXEC, timeout)
IGNORING(int, epoll_create1, (int flags), flags & ~EPOLL_CLOEXEC)
IGNORING(int, eventfd, (unsigned count, int flags), count, flags & ~EFD_CLOEXEC)
IGNORING(int, signalfd, (int fd, const sigset_t* mask, int flags), fd, mask, flags & ~SFD_CLOEXEC)
IGNORING(int, timerfd_create, (clockid_t clock, int flags), clock, flags & ~TFD_CLOEXEC)
IGNORING(int, inotify_init1, (int flags), flags & ~IN_CLOEXEC)
IGNORING(int, posix_openpt, (int flags), flags & ~O_CLOEXEC)
