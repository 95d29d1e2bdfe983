// SPDX-License-Identifier: Apache-2.0
//
// storm [--restart]: makes calls while a timer's signal comes 2,000 times a second, with a handler that has SA_RESTART
// or has not, and prints how each ended. Calls that block do so until 40 signals have come: "interrupted=1" when one of
// them failed with EINTR meanwhile. Calls made many times say how many were made, and whether each was made once.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <bitset>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <thread>

#include "tests/support/descriptor_message.h"

namespace {

constexpr int many = 300;
constexpr int programs = 40;
constexpr int signals_before_an_end = 40;
constexpr int marker = 50;

std::atomic<int> signals{0};
bool restarts = false;
std::string folder;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::_Exit(3);
}

int expect(int result, const char* what) {
  if (result < 0) give_up(what);
  return result;
}

constexpr int enough_signals = 1000;

/// The storm is the first thread's alone.
void calm() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void begin_storm() {
  struct sigaction action {};
  action.sa_handler = [](int) { signals.fetch_add(1, std::memory_order_relaxed); };
  action.sa_flags = restarts ? SA_RESTART : 0;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval often{{0, 500}, {0, 500}};
  setitimer(ITIMER_REAL, &often, nullptr);
}

void await_signals() {
  for (const int before = signals; signals < before + signals_before_an_end;) {
    const timespec moment{0, 200'000};
    nanosleep(&moment, nullptr);
  }
}

int count_open() {
  int count = 0;
  for (int fd = 0; fd < 1024; ++fd)
    if (syscall(SYS_fcntl, fd, F_GETFD) >= 0) ++count;
  return count;
}

/// Repeats what a signal interrupts, and counts how often.
template <typename Call>
auto persistently(int& interrupted, Call call) {
  for (;;) {
    const auto result = call();
    const bool failed = result == decltype(result)(-1);
    if (!failed || errno != EINTR) return result;
    ++interrupted;
  }
}

template <typename Call>
auto persistently(Call call) {
  int ignored = 0;
  return persistently(ignored, call);
}

/// `call` blocks until `end`, made by another thread, has let it go on.
void blocked(const char* name, const std::function<int()>& call, const std::function<void()>& end,
             bool makes_one = true) {
  const int before = count_open();
  std::thread other([&] {
    calm();
    await_signals();
    end();
  });
  int interrupted = 0;
  const int result = persistently(interrupted, call);
  const int error = errno;
  other.join();
  std::printf("%s interrupted=%d %s", name, interrupted > 0, result < 0 ? strerrorname_np(error) : "ok");
  if (makes_one && result >= 0) {
    std::printf(" cloexec=%d", fcntl(result, F_GETFD));
    close(result);
  }
  std::printf(" left=%d\n", count_open() - before);
}

std::string path(const char* name) { return folder + "/" + name; }

void blocked_on_fifos() {
  const std::string fifo = path("fifo");
  expect(mkfifo(fifo.c_str(), 0600), "mkfifo");
  static int peer;
  const auto write_end = [&] {
    peer = expect(static_cast<int>(syscall(SYS_openat, AT_FDCWD, fifo.c_str(), O_WRONLY | O_CLOEXEC)), "peer");
  };
  const auto read_end = [&] {
    peer = expect(static_cast<int>(syscall(SYS_openat, AT_FDCWD, fifo.c_str(), O_RDONLY | O_CLOEXEC)), "peer");
  };
  const auto each = [&](const char* name, const std::function<int()>& call, const std::function<void()>& end) {
    blocked(
        name,
        [&] {
          const int fd = call();
          return fd;
        },
        [&] {
          end();
          syscall(SYS_close, peer);
        });
  };
  each(
      "open", [&] { return open(fifo.c_str(), O_RDONLY); }, write_end);
  each(
      "openat", [&] { return openat(AT_FDCWD, fifo.c_str(), O_RDONLY); }, write_end);
  each(
      "creat", [&] { return creat(fifo.c_str(), 0600); }, read_end);
  each(
      "syscall(openat)", [&] { return static_cast<int>(syscall(SYS_openat, AT_FDCWD, fifo.c_str(), O_RDONLY)); },
      write_end);
  static FILE* stream;
  blocked(
      "fopen", [&] { return (stream = fopen(fifo.c_str(), "r")) == nullptr ? -1 : 0; },
      [&] {
        write_end();
        syscall(SYS_close, peer);
      },
      false);
  std::printf("fopen cloexec=%d\n", fcntl(fileno(stream), F_GETFD));
  fclose(stream);
}

sockaddr_un address_of(const char* name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", folder.c_str(), name);
  return address;
}

int listening(const char* name, int backlog) {
  const int fd = expect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_un address = address_of(name);
  expect(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  expect(listen(fd, backlog), "listen");
  return fd;
}

int connected(const char* name, int fd) {
  const sockaddr_un address = address_of(name);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int new_client(const char* name) {
  const int fd = static_cast<int>(syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  expect(connected(name, fd), "connect");
  return fd;
}

void blocked_on_sockets() {
  const int listener = listening("listener", 8);
  int client = -1;
  const auto come = [&] { client = new_client("listener"); };
  const auto accepting = [&](const char* name, const std::function<int()>& call) {
    blocked(name, call, [&] {
      come();
      syscall(SYS_close, client);
    });
  };
  accepting("accept", [&] { return accept(listener, nullptr, nullptr); });
  accepting("accept4", [&] { return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK); });
  accepting("syscall(accept4)", [&] { return static_cast<int>(syscall(SYS_accept4, listener, nullptr, nullptr, 0)); });

  // A backlog of 0 holds one connection; the next waits (unix(7)).
  const int busy = listening("busy", 0);
  const int first = new_client("busy");
  const int second = socket(AF_UNIX, SOCK_STREAM, 0);
  int served = -1;
  blocked(
      "connect", [&] { return connected("busy", second); },
      [&] {
        served = static_cast<int>(syscall(SYS_accept4, busy, nullptr, nullptr, SOCK_CLOEXEC));
        syscall(SYS_close, served);
      },
      false);
  for (const int fd : {listener, busy, first, second}) close(fd);
}

/// A message with a descriptor, from which `number` can be read.
void send_number(int to, int number) {
  int ends[2];
  expect(static_cast<int>(syscall(SYS_pipe2, ends, O_CLOEXEC)), "pipe2");
  if (write(ends[1], &number, sizeof number) != sizeof number) give_up("write");
  DescriptorMessage message({ends[0]});
  if (persistently([&] { return sendmsg(to, message.header(), 0); }) < 0) give_up("sendmsg");
  for (const int end : ends) syscall(SYS_close, end);
}

/// Up to 4 messages, whose descriptors are stored.
struct Inbox {
  static constexpr unsigned count = 4;
  char bytes[count];
  iovec data[count];
  alignas(cmsghdr) char control[count][CMSG_SPACE(sizeof(int))];
  mmsghdr messages[count];

  void prepare() {
    for (unsigned i = 0; i < count; ++i) {
      data[i] = {&bytes[i], 1};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &data[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_control = control[i];
      messages[i].msg_hdr.msg_controllen = sizeof control[i];
    }
  }

  int descriptor(unsigned i) const {
    const cmsghdr* const header = CMSG_FIRSTHDR(&messages[i].msg_hdr);
    int fd = -1;
    if (header != nullptr) std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
  }

  int receive_one(int from) {
    prepare();
    return recvmsg(from, &messages[0].msg_hdr, 0) < 0 ? -1 : descriptor(0);
  }
};

/// What came, each once or not.
struct Tally {
  int count = 0;
  int not_forced = 0;
  std::bitset<many> seen;

  void take(int fd) {
    ++count;
    if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) ++not_forced;
    int number = -1;
    if (persistently([&] { return read(fd, &number, sizeof number); }) == sizeof number && number >= 0 && number < many)
      seen.set(static_cast<std::size_t>(number));
    close(fd);
  }

  void tell(const char* name, int left) const {
    std::printf("%s count=%d once=%zu cloexec=%d left=%d\n", name, count, seen.count(), not_forced == 0, left);
  }
};

void received_messages() {
  int pair[2];
  expect(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
  Inbox inbox;
  blocked(
      "recvmsg", [&] { return inbox.receive_one(pair[1]); }, [&] { send_number(pair[0], 0); });
  blocked(
      "recvmmsg",
      [&] {
        inbox.prepare();
        return recvmmsg(pair[1], inbox.messages, 1, 0, nullptr) < 0 ? -1 : inbox.descriptor(0);
      },
      [&] { send_number(pair[0], 0); });

  const auto sending = [&] {
    calm();
    for (int i = 0; i < many; ++i) send_number(pair[0], i);
  };
  int before = count_open();
  Tally tally;
  {
    std::thread sender(sending);
    while (tally.count < many) tally.take(persistently([&] { return inbox.receive_one(pair[1]); }));
    sender.join();
  }
  tally.tell("recvmsg.all", count_open() - before);
  before = count_open();
  tally = {};
  std::thread sender(sending);
  while (tally.count < many) {
    inbox.prepare();
    const int got =
        persistently([&] { return recvmmsg(pair[1], inbox.messages, Inbox::count, MSG_WAITFORONE, nullptr); });
    for (int i = 0; i < got; ++i) tally.take(inbox.descriptor(static_cast<unsigned>(i)));
  }
  sender.join();
  tally.tell("recvmmsg.all", count_open() - before);
  for (const int end : pair) close(end);
}

void accepted_connections() {
  for (const bool is_accept4 : {false, true}) {
    const char* const name = is_accept4 ? "second" : "first";
    const int listener = listening(name, 8);
    const int before = count_open();
    std::thread clients([&] {
      calm();
      for (int i = 0; i < many; ++i) {
        const int fd = new_client(name);
        if (write(fd, &i, sizeof i) != sizeof i) give_up("write");
        syscall(SYS_close, fd);
      }
    });
    Tally tally;
    while (tally.count < many)
      tally.take(persistently(
          [&] { return is_accept4 ? accept4(listener, nullptr, nullptr, 0) : accept(listener, nullptr, nullptr); }));
    clients.join();
    pollfd more{listener, POLLIN, 0};
    std::printf("%s waiting=%d\n", is_accept4 ? "accept4.all" : "accept.all",
                persistently([&] { return poll(&more, 1, 0); }));
    tally.tell(is_accept4 ? "accept4.all" : "accept.all", count_open() - before);
    close(listener);
  }
}

void blocked_on_locks() {
  const std::string file = path("lock");
  const int held = expect(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), "lock");
  const int wanted = expect(open(file.c_str(), O_RDWR | O_CLOEXEC), "lock");
  flock(held, LOCK_EX);
  blocked(
      "flock", [&] { return flock(wanted, LOCK_EX); }, [&] { flock(held, LOCK_UN); }, false);
  struct flock range {};
  range.l_type = F_WRLCK;
  struct flock none {};
  none.l_type = F_UNLCK;
  fcntl(held, F_OFD_SETLK, &range);
  blocked(
      "F_OFD_SETLKW", [&] { return fcntl(wanted, F_OFD_SETLKW, &range); },
      [&] { syscall(SYS_fcntl, held, F_OFD_SETLK, &none); }, false);
  int ends[2];
  expect(pipe2(ends, O_CLOEXEC), "pipe2");
  char byte;
  blocked(
      "read", [&] { return static_cast<int>(read(ends[0], &byte, 1)); },
      [&] {
        if (write(ends[1], "x", 1) != 1) give_up("write");
      },
      false);
  for (const int fd : {held, wanted, ends[0], ends[1]}) close(fd);
}

/// Calls that never wait: no signal may show. However slow the machine, a storm has come when this ends.
void made_often() {
  int failed = 0;
  int not_forced = 0;
  const int before = count_open();
  const auto take = [&](int fd) {
    if (fd < 0) return void(++failed);
    if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) ++not_forced;
    close(fd);
  };
  for (int i = 0; i < 2000 || signals < enough_signals; ++i) {
    int ends[2] = {-1, -1};
    take(open("/dev/null", O_RDONLY));
    take(dup(0));
    take(dup2(0, 100));
    take(socket(AF_UNIX, SOCK_STREAM, 0));
    if (pipe(ends) != 0) ++failed;
    for (const int end : ends) take(end);
    FILE* const stream = fopen("/dev/null", "r");
    if (stream == nullptr)
      ++failed;
    else
      fclose(stream);
  }
  std::printf("often failed=%d cloexec=%d left=%d\n", failed, not_forced == 0, count_open() - before);
}

int end_of(pid_t child) {
  int status = -1;
  if (persistently([&] { return waitpid(child, &status, 0); }) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// A shell that says by its status whether it was given `marker`, or ends as it is told.
char* const* shell(const char* script) {
  static const char* words[4] = {"sh", "-c", nullptr, nullptr};
  words[2] = script;
  return const_cast<char* const*>(words);
}

void started_programs() {
  const int before = count_open();
  int right = 0;
  for (int i = 0; i < programs; ++i) {
    pid_t child = 0;
    const std::string script = "exit " + std::to_string(i);
    if (posix_spawn(&child, "/bin/sh", nullptr, nullptr, shell(script.c_str()), environ) == 0 && end_of(child) == i)
      ++right;
  }
  std::printf("posix_spawn right=%d left=%d\n", right, count_open() - before);
  right = 0;
  for (int i = 0; i < programs; ++i) {
    FILE* const stream = popen(("echo " + std::to_string(i)).c_str(), "r");
    if (stream == nullptr) continue;
    char text[16] = "";
    const ssize_t got = persistently([&] { return read(fileno(stream), text, sizeof text - 1); });
    if (pclose(stream) == 0 && got > 0 && std::atoi(text) == i) ++right;
  }
  std::printf("popen right=%d left=%d\n", right, count_open() - before);
  right = 0;
  for (int i = 0; i < programs; ++i) {
    // A POSIX timer, unlike the other, ends with the program (timer_create(2)).
    const pid_t child = fork();
    if (child == 0) {
      timer_t timer;
      sigevent event{};
      event.sigev_notify = SIGEV_SIGNAL;
      event.sigev_signo = SIGALRM;
      const itimerspec often{{0, 100'000}, {0, 100'000}};
      if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &often, nullptr) != 0)
        _exit(90);
      execve("/nonexistent", shell("exit 91"), environ);
      execve("/bin/sh", shell(("exit " + std::to_string(i)).c_str()), environ);
      _exit(92);
    }
    if (child > 0 && end_of(child) == i) ++right;
  }
  std::printf("execve right=%d left=%d\n", right, count_open() - before);
}

/// With another thread: the shim has the program started by one that has descriptors of its own.
void given_descriptors() {
  std::atomic<bool> is_over{false};
  std::thread other([&] {
    calm();
    while (!is_over) usleep(1000);
  });
  expect(dup2(0, marker), "dup2");
  int given = 0;
  for (int i = 0; i < programs; ++i) {
    pid_t child = 0;
    if (posix_spawn(&child, "/bin/sh", nullptr, nullptr, shell("test -e /proc/self/fd/50"), environ) == 0 &&
        end_of(child) == 0)
      ++given;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  for (int i = 0; i < programs; ++i) {
    pid_t child = 0;
    if (posix_spawn(&child, "/bin/sh", &actions, nullptr, shell("test -e /proc/self/fd/50"), environ) == 0 &&
        end_of(child) == 0)
      ++given;
  }
  posix_spawn_file_actions_destroy(&actions);
  close(marker);
  is_over = true;
  other.join();
  std::printf("given=%d\n", given);
}

}  // namespace

int main(int argc, char** argv) {
  restarts = argc > 1 && std::strcmp(argv[1], "--restart") == 0;
  char name[] = P_tmpdir "/cloexec-storm-XXXXXX";
  if (mkdtemp(name) == nullptr) give_up("mkdtemp");
  folder = name;
  // What is started is not what is tried.
  unsetenv("LD_PRELOAD");
  // Printed at the end: a write would be interrupted.
  static char room[16384];
  std::setvbuf(stdout, room, _IOFBF, sizeof room);
  begin_storm();
  blocked_on_fifos();
  blocked_on_sockets();
  received_messages();
  accepted_connections();
  blocked_on_locks();
  made_often();
  started_programs();
  given_descriptors();
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  std::fflush(stdout);
  for (const char* const one : {"fifo", "listener", "busy", "first", "second", "lock"}) unlink(path(one).c_str());
  rmdir(folder.c_str());
  return 0;
}
