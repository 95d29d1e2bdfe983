// SPDX-License-Identifier: Apache-2.0
#include "makers.h"

#include <sys/un.h>
#include <sys/wait.h>

#include "tests/support/descriptor_message.h"

namespace {

int flag(Form form, int bit) { return form == Form::asked ? bit : 0; }

void mark(const Functions& libc, Form form, int fd) {
  if (fd < 0) abort();
  if (form == Form::by_fcntl) libc.fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void finish(const Functions& libc, Form form, int fd) {
  mark(libc, form, fd);
  libc.close(fd);
}

void make_open(const Functions& libc, Form form) {
  finish(libc, form, libc.open("/dev/null", O_RDONLY | flag(form, O_CLOEXEC)));
}

void make_fopen(const Functions& libc, Form form) {
  FILE* const stream = libc.fopen("/dev/null", form == Form::asked ? "re" : "r");
  if (stream == nullptr) abort();
  mark(libc, form, fileno(stream));
  libc.fclose(stream);
}

void make_mkstemp(const Functions& libc, Form form) {
  char path[] = "/tmp/cloexec-bench-XXXXXX";
  const int fd = form == Form::asked ? libc.mkostemp(path, O_CLOEXEC) : libc.mkstemp(path);
  unlink(path);
  finish(libc, form, fd);
}

void make_dup(const Functions& libc, Form form) {
  finish(libc, form, form == Form::asked ? libc.fcntl(1, F_DUPFD_CLOEXEC, 0) : libc.dup(1));
}

/// Over and over to the same number: it is closed by the next.
void make_dup2(const Functions& libc, Form form) {
  mark(libc, form, form == Form::asked ? libc.dup3(1, 20, O_CLOEXEC) : libc.dup2(1, 20));
}

void make_pipe(const Functions& libc, Form form) {
  int ends[2];
  if ((form == Form::asked ? libc.pipe2(ends, O_CLOEXEC) : libc.pipe(ends)) != 0) abort();
  finish(libc, form, ends[0]);
  finish(libc, form, ends[1]);
}

/// By the newer names, without their flag.
void make_pipe2(const Functions& libc, Form form) {
  int ends[2];
  if (libc.pipe2(ends, 0) != 0) abort();
  finish(libc, form, ends[0]);
  finish(libc, form, ends[1]);
}

void make_socket(const Functions& libc, Form form) {
  finish(libc, form, libc.socket(AF_UNIX, SOCK_STREAM | flag(form, SOCK_CLOEXEC), 0));
}

/// A listening socket, and where it listens.
struct Listener {
  int fd = of_libc().socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{AF_UNIX, {}};
  socklen_t size = sizeof(sa_family_t);

  Listener() {
    // An abstract name of the kernel's choice: unix(7), autobind.
    bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    size = sizeof address;
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    listen(fd, 128);
  }
};

void make_accepted(const Functions& libc, Form form, int (*accepted)(const Functions&, Form, int)) {
  static const Listener listener;
  const int client = of_libc().socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(client, reinterpret_cast<const sockaddr*>(&listener.address), listener.size) != 0) abort();
  finish(libc, form, accepted(libc, form, listener.fd));
  of_libc().close(client);
}

void make_accept(const Functions& libc, Form form) {
  make_accepted(libc, form, [](const Functions& by, Form how, int fd) {
    return how == Form::asked ? by.accept4(fd, nullptr, nullptr, SOCK_CLOEXEC) : by.accept(fd, nullptr, nullptr);
  });
}

void make_accept4(const Functions& libc, Form form) {
  make_accepted(libc, form, [](const Functions& by, Form, int fd) { return by.accept4(fd, nullptr, nullptr, 0); });
}

struct Pair {
  int ends[2];
  Pair() {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) abort();
  }
};

void make_recvmsg(const Functions& libc, Form form) {
  thread_local const Pair pair;
  DescriptorMessage message({1});
  if (sendmsg(pair.ends[0], message.header(), 0) != 1) abort();
  if (libc.recvmsg(pair.ends[1], message.header(), flag(form, MSG_CMSG_CLOEXEC)) != 1) abort();
  int fd = -1;
  message.each([&](int arrived) { fd = arrived; });
  finish(libc, form, fd);
}

void make_eventfd(const Functions& libc, Form form) { finish(libc, form, libc.eventfd(0, flag(form, EFD_CLOEXEC))); }

void make_epoll(const Functions& libc, Form form) {
  finish(libc, form, form == Form::asked ? libc.epoll_create1(EPOLL_CLOEXEC) : libc.epoll_create(1));
}

void make_pty(const Functions& libc, Form form) {
  finish(libc, form, libc.posix_openpt(O_RDWR | O_NOCTTY | flag(form, O_CLOEXEC)));
}

void make_open_tree(const Functions& libc, Form form) {
  finish(libc, form, libc.open_tree(AT_FDCWD, "/", form == Form::asked ? OPEN_TREE_CLOEXEC : 0));
}

/// What a close costs by itself, of a number as low as those that were forced before.
void make_close(const Functions& libc, Form) {
  static const int forced = libc.open("/dev/null", O_RDONLY);
  if (forced < 0) abort();
  const int fd = of_libc().dup(1);
  if (fd < 0 || libc.close(fd) != 0) abort();
}

void make_fclose(const Functions& libc, Form) {
  static const int forced = libc.open("/dev/null", O_RDONLY);
  if (forced < 0) abort();
  FILE* const stream = of_libc().fopen("/dev/null", "r");
  if (stream == nullptr || libc.fclose(stream) != 0) abort();
}

/// An exec that fails is one all the same, to whoever decides what it gives or records it.
void make_exec(const Functions& libc, Form) {
  char name[] = "nothing";
  char* arguments[] = {name, nullptr};
  if (libc.execve("/nonexistent/program", arguments, environ) == 0) abort();
}

/// Its environment is empty: what a preload costs the child's own start is counted elsewhere.
void make_spawn(const Functions& libc, Form) {
  char name[] = "true";
  char* arguments[] = {name, nullptr};
  char* nothing[] = {nullptr};
  pid_t child;
  if (libc.posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, nothing) != 0) abort();
  if (waitpid(child, nullptr, 0) != child) abort();
}

}  // namespace

std::span<const Maker> makers() {
  static constexpr Maker all[] = {{"open", make_open},
                                  {"fopen", make_fopen},
                                  {"mkstemp", make_mkstemp},
                                  {"dup", make_dup},
                                  {"dup2", make_dup2},
                                  {"pipe", make_pipe},
                                  {"socket", make_socket},
                                  {"accept", make_accept},
                                  {"recvmsg", make_recvmsg},
                                  {"eventfd", make_eventfd},
                                  {"epoll_create", make_epoll},
                                  {"posix_openpt", make_pty},
                                  {"open_tree", make_open_tree},
                                  {"pipe2", make_pipe2, false},
                                  {"accept4", make_accept4, false},
                                  {"close", make_close, false},
                                  {"fclose", make_fclose, false},
                                  {"exec", make_exec, false},
                                  {"spawn", make_spawn, false}};
  return all;
}
