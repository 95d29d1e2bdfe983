// SPDX-License-Identifier: Apache-2.0
//
// How long it takes to make a descriptor and close it, in three forms: as programs of old wrote it (plain), asking for
// close-on-exec in the call (asked), and by fcntl behind it (fcntl). What the shim adds is seen by running "plain"
// under it. scripts/bench runs this and compares.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

enum class Form { plain, asked, by_fcntl };

int flag(Form form, int bit) { return form == Form::asked ? bit : 0; }

void finish(Form form, int fd) {
  if (fd < 0) abort();
  if (form == Form::by_fcntl) fcntl(fd, F_SETFD, FD_CLOEXEC);
  close(fd);
}

void make_open(Form form) { finish(form, open("/dev/null", O_RDONLY | flag(form, O_CLOEXEC))); }

void make_fopen(Form form) {
  FILE* const stream = fopen("/dev/null", form == Form::asked ? "re" : "r");
  if (stream == nullptr) abort();
  if (form == Form::by_fcntl) fcntl(fileno(stream), F_SETFD, FD_CLOEXEC);
  fclose(stream);
}

void make_mkstemp(Form form) {
  char path[] = "/tmp/cloexec-bench-XXXXXX";
  const int fd = form == Form::asked ? mkostemp(path, O_CLOEXEC) : mkstemp(path);
  unlink(path);
  finish(form, fd);
}

void make_socket(Form form) { finish(form, socket(AF_UNIX, SOCK_STREAM | flag(form, SOCK_CLOEXEC), 0)); }

void make_pipe(Form form) {
  int ends[2];
  if (form == Form::asked ? pipe2(ends, O_CLOEXEC) : pipe(ends)) abort();
  finish(form, ends[0]);
  finish(form, ends[1]);
}

void make_dup(Form form) { finish(form, form == Form::asked ? fcntl(1, F_DUPFD_CLOEXEC, 0) : dup(1)); }

void make_dup2(Form form) {
  const int fd = form == Form::asked ? dup3(1, 1000, O_CLOEXEC) : dup2(1, 1000);
  if (form == Form::by_fcntl) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void make_eventfd(Form form) { finish(form, eventfd(0, flag(form, EFD_CLOEXEC))); }

void make_epoll(Form form) { finish(form, form == Form::asked ? epoll_create1(EPOLL_CLOEXEC) : epoll_create(1)); }

void make_timerfd(Form form) { finish(form, timerfd_create(CLOCK_MONOTONIC, flag(form, TFD_CLOEXEC))); }

void make_posix_openpt(Form form) { finish(form, posix_openpt(O_RDWR | O_NOCTTY | flag(form, O_CLOEXEC))); }

/// A listening socket, and where it listens.
struct Listener {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
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

void make_accept(Form form) {
  static const Listener listener;
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(client, reinterpret_cast<const sockaddr*>(&listener.address), listener.size) != 0) abort();
  finish(form, form == Form::asked ? accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC)
                                   : accept(listener.fd, nullptr, nullptr));
  close(client);
}

void make_recvmsg(Form form) {
  thread_local int ends[2] = {-1, -1};
  if (ends[0] < 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) abort();
  char byte = 'x';
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  *header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
  const int sent = 1;
  std::memcpy(CMSG_DATA(header), &sent, sizeof sent);
  if (sendmsg(ends[0], &message, 0) != 1 || recvmsg(ends[1], &message, flag(form, MSG_CMSG_CLOEXEC)) != 1) abort();
  int fd;
  std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  finish(form, fd);
}

using Maker = void(Form);

struct Call {
  const char* name;
  Maker* make;
};

constexpr Call calls[] = {{"open", make_open},
                          {"fopen", make_fopen},
                          {"mkstemp", make_mkstemp},
                          {"socket", make_socket},
                          {"accept", make_accept},
                          {"recvmsg", make_recvmsg},
                          {"pipe", make_pipe},
                          {"dup", make_dup},
                          {"dup2", make_dup2},
                          {"eventfd", make_eventfd},
                          {"epoll_create", make_epoll},
                          {"timerfd_create", make_timerfd},
                          {"posix_openpt", make_posix_openpt}};

/// Takes all numbers below `count`, so that the next descriptor is above. Only root may raise the limit.
void take_numbers(int count) {
  const auto needed = static_cast<rlim_t>(count) + 1024;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < needed) limit.rlim_max = needed;
  limit.rlim_cur = needed;
  setrlimit(RLIMIT_NOFILE, &limit);
  for (int fd = 0; fd < count - 1;) {
    fd = fcntl(1, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
      perror("times: not so many descriptors can be open");
      exit(1);
    }
  }
}

void add(const Call& call, const char* form_name, Form form) {
  benchmark::RegisterBenchmark((std::string(call.name) + "/" + form_name).c_str(),
                               [=](benchmark::State& state) {
                                 for (auto step : state) {
                                   static_cast<void>(step);
                                   call.make(form);
                                 }
                               })
      ->ThreadRange(1, 8)
      ->UseRealTime();
}

}  // namespace

int main(int count, char** arguments) {
  if (const char* taken = std::getenv("BENCH_TAKEN_NUMBERS")) take_numbers(std::atoi(taken));
  for (const Call& call : calls) {
    add(call, "plain", Form::plain);
    add(call, "asked", Form::asked);
    add(call, "fcntl", Form::by_fcntl);
  }
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
}
