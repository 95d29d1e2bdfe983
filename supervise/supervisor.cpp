// SPDX-License-Identifier: Apache-2.0

#include "supervise/supervisor.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "trace/descriptors.h"
#include "trace/proc.h"

namespace cloexec::supervise {
namespace {

int above_standard(int fd) {
  if (fd > STDERR_FILENO) return fd;
  const int other = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(fd);
  return other;
}

/// A pair of sockets, of which each process keeps one.
class Talk {
 public:
  Talk() {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_.data()) != 0)
      throw std::runtime_error(std::string("no supervisor: ") + std::strerror(errno));
    // Those of whoever has none are to be left free.
    for (int& end : ends_) end = above_standard(end);
  }
  ~Talk() {
    for (const int end : ends_)
      if (end >= 0) close(end);
  }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  /// Leaves this process one end.
  void keep(unsigned which) {
    close(ends_[1 - which]);
    ends_[1 - which] = -1;
    mine_ = ends_[which];
  }

  int end() const { return mine_; }
  void say(int number) const { static_cast<void>(send(mine_, &number, sizeof number, MSG_NOSIGNAL)); }

  /// `otherwise` when the other one is gone.
  int hear(int otherwise) const {
    int number = otherwise;
    ssize_t got = 0;
    do got = recv(mine_, &number, sizeof number, 0);
    while (got < 0 && errno == EINTR);
    return got == sizeof number ? number : otherwise;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  int mine_ = -1;
};

/// No signal of ours is to be left to the program: a blocked one would stay pending beyond its exec (execve(2)).
class NoSignalOfOurs {
 public:
  NoSignalOfOurs() {
    sigset_t pending;
    sigemptyset(&child_);
    sigaddset(&child_, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child_, &before_);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGCHLD) == 1;
  }
  ~NoSignalOfOurs() {
    constexpr timespec at_once{0, 0};
    if (!was_pending_) sigtimedwait(&child_, nullptr, &at_once);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSignalOfOurs(const NoSignalOfOurs&) = delete;
  NoSignalOfOurs& operator=(const NoSignalOfOurs&) = delete;

 private:
  sigset_t child_;
  sigset_t before_;
  bool was_pending_ = false;
};

/// The limit of the program may be low.
void allow_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Who asks all of a service or a terminal's jobs to end does not mean the supervisor before they have ended.
void ignore_signals() {
  setsid();
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_IGN);
  // What ends at a tracer that ignores this one is not waited for (wait(2)).
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  action.sa_flags = SA_NOCLDSTOP;
  sigaction(SIGCHLD, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Nobody's terminal, pipe or folder is kept in use.
void close_all_but(int one, int other) {
  std::vector<int> numbers;
  {
    bool are_all = true;
    numbers = Descriptors(getpid()).numbers(SIZE_MAX, are_all);
  }
  for (const int number : numbers)
    if (number != one && number != other) close(number);
  if (chdir("/") != 0) return;
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (nothing != standard) dup2(nothing, standard);
  if (nothing > STDERR_FILENO) close(nothing);
}

/// The supervisor's life.
[[noreturn]] void supervise(const Options& options, Observer* observer, pid_t program, const Talk& talk) {
  allow_descriptors();
  ignore_signals();
  close_all_but(talk.end(), observer != nullptr ? observer->descriptor() : -1);
  Tracer tracer(options, observer);
  talk.say(getpid());
  const bool may_begin = talk.hear(EPIPE) == 0;
  const int error = may_begin ? tracer.attach(program) : EPIPE;
  talk.say(error);
  close(talk.end());
  if (error == 0) tracer.run();
  _exit(0);
}

/// Whether what nobody else waits for becomes a child of this process: init(1) of a container, a subreaper.
bool gets_orphans() {
  int is_subreaper = 0;
  prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0);
  return is_subreaper != 0 || getpid() == 1;
}

/// fork(2), for a child that this process is not to wait for, as it waits for this one: without a signal at its end
/// wait(2) does not find it (clone(2), __WCLONE).
pid_t fork_unseen() { return static_cast<pid_t>(syscall(SYS_clone, 0, 0, 0, 0, 0)); }

/// fork(2), for a child that is none of this process.
pid_t fork_orphan() {
  const pid_t middle = fork();
  if (middle == 0) {
    const pid_t orphan = fork();
    if (orphan != 0) _exit(orphan > 0 ? 0 : 1);
    return 0;
  }
  // A program whose parent ignores SIGCHLD finds nobody to wait for.
  while (middle > 0 && waitpid(middle, nullptr, 0) < 0 && errno == EINTR) continue;
  return middle;
}

[[noreturn]] void fail(const std::string& why) { throw std::runtime_error("no supervisor: " + why); }

/// What a word of /proc/sys says; empty when there is no such file.
std::string setting_of_kernel(const char* path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

/// What forbids to trace this process, as far as that can be found out.
std::string obstacle(int error) {
  if (number_in_status(getpid(), "TracerPid") != 0)
    return "this process is traced already, by a debugger or another supervisor, and can have one tracer";
  const std::string scope = setting_of_kernel("/proc/sys/kernel/yama/ptrace_scope");
  if (scope == "3") return "no process may be traced on this machine (kernel.yama.ptrace_scope is 3)";
  if (scope == "2") return "only CAP_SYS_PTRACE may trace on this machine (kernel.yama.ptrace_scope is 2)";
  return std::string("ptrace: ") + std::strerror(error) +
         ", as where a sandbox forbids it; a container needs --cap-add=SYS_PTRACE then";
}

}  // namespace

void start_supervisor(const Options& options, Observer* observer) {
  const pid_t program = getpid();
  if (read_in_proc(program, "stat").empty()) fail("it looks at processes in /proc, which is not mounted here");
  Talk talk;
  {
    const NoSignalOfOurs nothing;
    const pid_t child = gets_orphans() ? fork_unseen() : fork_orphan();
    if (child < 0) fail(std::strerror(errno));
    if (child == 0) {
      talk.keep(1);
      supervise(options, observer, program, talk);
    }
  }
  talk.keep(0);
  const int supervisor = talk.hear(0);
  if (supervisor == 0) fail("no process for it");
  // Where only ancestors may trace (Yama, ptrace_scope 1).
  prctl(PR_SET_PTRACER, static_cast<unsigned long>(supervisor), 0, 0, 0);
  talk.say(0);
  if (const int error = talk.hear(EPIPE); error != 0) fail(obstacle(error));
}

}  // namespace cloexec::supervise
