// SPDX-License-Identifier: Apache-2.0
//
// See creations.h.
#include "tests/support/creations.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "tests/support/fixture.h"

namespace {

constexpr const char* file = "/dev/null";

int shown(long fd, Visit visit) {
  if (fd < 0) return errno;
  visit(static_cast<int>(fd));
  close(static_cast<int>(fd));
  return 0;
}

int shown(FILE* stream, Visit visit, int (*finish)(FILE*) = fclose) {
  if (stream == nullptr) return errno;
  visit(fileno(stream));
  finish(stream);
  return 0;
}

int shown(long result, const int (&ends)[2], Visit visit) {
  if (result < 0) return errno;
  for (const int end : ends) visit(end);
  for (const int end : ends) close(end);
  return 0;
}

template <typename Accept>
int accepted(Visit visit, Accept accept_from) {
  const int client = connect_to_listener();
  if (client < 0) return errno;
  pollfd ready{listener(), POLLIN, 0};
  poll(&ready, 1, -1);
  const int result = shown(accept_from(listener()), visit);
  close(client);
  return result;
}

template <typename Receive>
int received(Visit visit, Receive receive) {
  if (!send_descriptor()) return errno;
  char byte;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  mmsghdr message{};
  message.msg_hdr.msg_iov = &data;
  message.msg_hdr.msg_iovlen = 1;
  message.msg_hdr.msg_control = control;
  message.msg_hdr.msg_controllen = sizeof control;
  if (receive(private_pair()[1], message) < 0) return errno;
  const cmsghdr* const header = CMSG_FIRSTHDR(&message.msg_hdr);
  if (header == nullptr || message.msg_hdr.msg_flags != 0) return EBADMSG;
  int fd;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return shown(fd, visit);
}

template <typename Make>
int temporary(const char* suffix, Visit visit, Make make) {
  char name[64];
  std::snprintf(name, sizeof name, P_tmpdir "/cloexec-XXXXXX%s", suffix);
  const int fd = make(name);
  if (fd >= 0) unlink(name);
  return shown(fd, visit);
}

int reopened(Visit visit) {
  FILE* const stream = fdopen(open(file, O_RDONLY | O_CLOEXEC), "r");
  return stream == nullptr ? errno : shown(freopen(file, "r", stream), visit);
}

int from_pty(Visit visit) {
  const int controller = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (controller < 0 || unlockpt(controller) != 0) return errno;
  const int result = shown(ioctl(controller, TIOCGPTPEER, O_RDWR | O_NOCTTY), visit);
  close(controller);
  return result;
}

int forked_pty(Visit visit) {
  int controller;
  const pid_t child = forkpty(&controller, nullptr, nullptr, nullptr);
  if (child == 0) _exit(0);
  if (child < 0) return errno;
  const int result = shown(controller, visit);
  waitpid(child, nullptr, 0);
  return result;
}

sigset_t no_signals() {
  sigset_t set;
  sigemptyset(&set);
  return set;
}

constexpr Creation all[] = {
    {"open", [](Visit visit) { return shown(open(file, O_RDONLY), visit); }},
    {"openat", [](Visit visit) { return shown(openat(AT_FDCWD, file, O_RDONLY), visit); }},
    {"creat", [](Visit visit) { return shown(creat(file, 0600), visit); }},
    {"fopen", [](Visit visit) { return shown(fopen(file, "r"), visit); }},
    {"freopen", reopened},
    {"popen", [](Visit visit) { return shown(popen("exit", "r"), visit, pclose); }},
    {"mkstemp", [](Visit visit) { return temporary("", visit, mkstemp); }},
    {"mkostemp", [](Visit visit) { return temporary("", visit, [](char* name) { return mkostemp(name, O_APPEND); }); }},
    {"mkstemps", [](Visit visit) { return temporary(".t", visit, [](char* name) { return mkstemps(name, 2); }); }},
    {"tmpfile", [](Visit visit) { return shown(tmpfile(), visit); }},
    {"memfd_create", [](Visit visit) { return shown(memfd_create("race", 0), visit); }},
    {"dup", [](Visit visit) { return shown(dup(spare_descriptor()), visit); }},
    {"F_DUPFD", [](Visit visit) { return shown(fcntl(spare_descriptor(), F_DUPFD, 100), visit); }},
    {"dup2", [](Visit visit) { return shown(dup2(spare_descriptor(), high_number()), visit); }},
    {"dup3", [](Visit visit) { return shown(dup3(spare_descriptor(), high_number(), 0), visit); }},
    {"pipe",
     [](Visit visit) {
       int ends[2];
       return shown(pipe(ends), ends, visit);
     }},
    {"pipe2",
     [](Visit visit) {
       int ends[2];
       return shown(pipe2(ends, O_NONBLOCK), ends, visit);
     }},
    {"socket", [](Visit visit) { return shown(socket(AF_INET, SOCK_STREAM, 0), visit); }},
    {"socketpair",
     [](Visit visit) {
       int ends[2];
       return shown(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ends, visit);
     }},
    {"accept", [](Visit visit) { return accepted(visit, [](int fd) { return accept(fd, nullptr, nullptr); }); }},
    {"accept4",
     [](Visit visit) { return accepted(visit, [](int fd) { return accept4(fd, nullptr, nullptr, SOCK_NONBLOCK); }); }},
    {"recvmsg",
     [](Visit visit) {
       return received(visit, [](int fd, mmsghdr& message) { return recvmsg(fd, &message.msg_hdr, 0); });
     }},
    {"recvmmsg",
     [](Visit visit) {
       return received(visit, [](int fd, mmsghdr& message) { return recvmmsg(fd, &message, 1, 0, nullptr); });
     }},
    {"epoll_create", [](Visit visit) { return shown(epoll_create(1), visit); }},
    {"epoll_create1", [](Visit visit) { return shown(epoll_create1(0), visit); }},
    {"eventfd", [](Visit visit) { return shown(eventfd(0, 0), visit); }},
    {"signalfd",
     [](Visit visit) {
       const sigset_t set = no_signals();
       return shown(signalfd(-1, &set, 0), visit);
     }},
    {"timerfd_create", [](Visit visit) { return shown(timerfd_create(CLOCK_MONOTONIC, 0), visit); }},
    {"inotify_init", [](Visit visit) { return shown(inotify_init(), visit); }},
    {"inotify_init1", [](Visit visit) { return shown(inotify_init1(IN_NONBLOCK), visit); }},
    {"posix_openpt", [](Visit visit) { return shown(posix_openpt(O_RDWR | O_NOCTTY), visit); }},
    {"getpt", [](Visit visit) { return shown(getpt(), visit); }},
    {"openpty",
     [](Visit visit) {
       int ends[2];
       return shown(openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr), ends, visit);
     }},
    {"forkpty", forked_pty},
    {"TIOCGPTPEER", from_pty},
    {"syscall(openat)", [](Visit visit) { return shown(syscall(SYS_openat, AT_FDCWD, file, O_RDONLY), visit); }},
    {"syscall(openat2)",
     [](Visit visit) {
       open_how how{};
       return shown(syscall(SYS_openat2, AT_FDCWD, file, &how, sizeof how), visit);
     }},
    {"syscall(dup)", [](Visit visit) { return shown(syscall(SYS_dup, spare_descriptor()), visit); }},
    {"syscall(pipe2)",
     [](Visit visit) {
       int ends[2];
       return shown(syscall(SYS_pipe2, ends, 0), ends, visit);
     }},
    {"syscall(eventfd2)", [](Visit visit) { return shown(syscall(SYS_eventfd2, 0, 0), visit); }},
};

constexpr Creation wrong[] = {
    {"open.ENOENT", [](Visit visit) { return shown(open("/nonexistent/file", O_RDONLY), visit); }},
    {"fopen.ENOENT", [](Visit visit) { return shown(fopen("/nonexistent/file", "r"), visit); }},
    {"fopen.EINVAL", [](Visit visit) { return shown(fopen(file, "q"), visit); }},
    {"dup.EBADF", [](Visit visit) { return shown(dup(-1), visit); }},
    {"F_DUPFD.EBADF", [](Visit visit) { return shown(fcntl(-1, F_DUPFD, 0), visit); }},
    {"F_DUPFD.EINVAL", [](Visit visit) { return shown(fcntl(spare_descriptor(), F_DUPFD, -1), visit); }},
    {"dup2.EBADF", [](Visit visit) { return shown(dup2(-1, high_number()), visit); }},
    {"dup2.target", [](Visit visit) { return shown(dup2(spare_descriptor(), -1), visit); }},
    {"dup3.EINVAL", [](Visit visit) { return shown(dup3(spare_descriptor(), spare_descriptor(), 0), visit); }},
    {"dup3.flags", [](Visit visit) { return shown(dup3(spare_descriptor(), high_number(), 1), visit); }},
    {"pipe2.flags",
     [](Visit visit) {
       int ends[2];
       return shown(pipe2(ends, 1), ends, visit);
     }},
    {"socket.family", [](Visit visit) { return shown(socket(9999, SOCK_STREAM, 0), visit); }},
    {"socket.type", [](Visit visit) { return shown(socket(AF_INET, 0xf, 0), visit); }},
    {"socket.protocol", [](Visit visit) { return shown(socket(AF_INET, SOCK_STREAM, 250), visit); }},
    {"socketpair.family",
     [](Visit visit) {
       int ends[2];
       return shown(socketpair(AF_INET, SOCK_STREAM, 0, ends), ends, visit);
     }},
    {"accept.EAGAIN", [](Visit visit) { return shown(accept(listener(), nullptr, nullptr), visit); }},
    {"accept.ENOTSOCK", [](Visit visit) { return shown(accept(spare_descriptor(), nullptr, nullptr), visit); }},
    {"accept4.flags", [](Visit visit) { return shown(accept4(listener(), nullptr, nullptr, 1), visit); }},
    {"epoll_create.EINVAL", [](Visit visit) { return shown(epoll_create(0), visit); }},
    {"eventfd.flags", [](Visit visit) { return shown(eventfd(0, 2), visit); }},
    {"inotify_init1.flags", [](Visit visit) { return shown(inotify_init1(1), visit); }},
    {"timerfd_create.clock", [](Visit visit) { return shown(timerfd_create(99, 0), visit); }},
};

}  // namespace

std::span<const Creation> creations() { return all; }
std::span<const Creation> failures() { return wrong; }
