// SPDX-License-Identifier: Apache-2.0
//
// What an exec leaves as it is: attributes of the thread that calls it, which would be another's were the exec made by
// another thread. A process with a second thread and a file to give sets one, replaces itself by itself, which is told
// the number, and says what it finds.
//
//   attributes WHAT                    sets WHAT, execs "attributes found WHAT", which says it; see the table
//   attributes worker                  re-execs itself while a worker lives that is to die with the thread that made it
//   attributes mask fork|spawn|exec    the signals that are blocked in the started program

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr char self[] = "/proc/self/exe";
constexpr char lock_name[] = "/tmp/giving-lock-";

std::string told;  // the number of the file

void begin_thread() {
  pthread_t thread;
  if (pthread_create(
          &thread, nullptr, [](void*) -> void* { return pause(), nullptr; }, nullptr) != 0)
    abort();
}

/// Who holds the lock on the file that is open at `fd`, as another process sees it.
std::string lock_on(int fd) {
  int status = -1;
  const pid_t child = fork();
  if (child == 0) {
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    _exit(fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid == getppid() ? 1 : 0);
  }
  waitpid(child, &status, 0);
  return WEXITSTATUS(status) == 1 ? "held" : "lost";
}

struct Attribute {
  const char* name;
  void (*set)();
  std::string (*find)();
};

std::string number(long value) { return std::to_string(value); }

constexpr Attribute all[] = {
    {"death-signal", [] { prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0); },
     [] {
       int signal = -1;
       prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0);
       return number(signal);
     }},
    {"pending",
     [] {
       sigset_t one;
       sigemptyset(&one);
       sigaddset(&one, SIGUSR2);
       pthread_sigmask(SIG_BLOCK, &one, nullptr);
       pthread_kill(pthread_self(), SIGUSR2);
     },
     [] {
       sigset_t set;
       sigpending(&set);
       return std::string(sigismember(&set, SIGUSR2) == 1 ? "yes" : "no");
     }},
    {"policy",
     [] {
       const sched_param parameter = {};
       sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &parameter);
     },
     [] { return number(sched_getscheduler(0)); }},
    {"nice", [] { setpriority(PRIO_PROCESS, 0, 7), sched_setscheduler(0, SCHED_RESET_ON_FORK, new sched_param{}); },
     [] { return number(getpriority(PRIO_PROCESS, 0)); }},
    {"slack", [] { prctl(PR_SET_TIMERSLACK, 123456, 0, 0, 0); },
     [] { return number(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0)); }},
    {"affinity",
     [] {
       cpu_set_t set;
       CPU_ZERO(&set);
       CPU_SET(0, &set);
       sched_setaffinity(0, sizeof set, &set);
     },
     [] {
       cpu_set_t set;
       sched_getaffinity(0, sizeof set, &set);
       return number(CPU_COUNT(&set));
     }},
    {"alarm", [] { alarm(1000); }, [] { return std::string(alarm(0) != 0 ? "yes" : "no"); }},
    {"lock",
     [] {
       const std::string name = lock_name + std::to_string(getpid());
       const int fd = open(name.c_str(), O_CREAT | O_RDWR, 0600);
       unlink(name.c_str());
       struct flock lock = {};
       lock.l_type = F_WRLCK;
       fcntl(fd, F_SETLK, &lock);
       told = std::to_string(fd);
     },
     [] { return lock_on(std::atoi(told.c_str())); }},
    {"thread", [] {}, [] { return std::string(syscall(SYS_gettid) == getpid() ? "main" : "other"); }},
};

int exec_self(const char* what) {
  execl(self, "attributes", "found", what, "--status-fd", told.c_str(), nullptr);
  return 1;
}

std::string blocked() {
  sigset_t set;
  sigprocmask(SIG_BLOCK, nullptr, &set);
  std::string names;
  for (int signal = 1; signal < SIGRTMAX; ++signal)
    if (sigismember(&set, signal) == 1) names.append(" ").append(std::to_string(signal));
  return names;
}

/// Started by `how` with SIGUSR1 and SIGRTMIN + 3 blocked, which are 10 and 37.
int start_blocked(const std::string& how) {
  sigset_t some;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR1);
  sigaddset(&some, 37);
  pthread_sigmask(SIG_SETMASK, &some, nullptr);
  pid_t child = -1;
  if (how == "spawn") {
    char name[] = "attributes", found[] = "found", mask[] = "mask", option[] = "--status-fd";
    char* const arguments[] = {name, found, mask, option, told.data(), nullptr};
    posix_spawn(&child, self, nullptr, nullptr, arguments, environ);
  } else if (how == "fork") {
    child = fork();
    if (child == 0) _exit(exec_self("mask"));
  } else {
    return exec_self("mask");
  }
  waitpid(child, nullptr, 0);
  std::printf("then%s\n", blocked().c_str());
  return 0;
}

/// The master's main thread execs; the worker has to outlive that.
int start_worker() {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return 1;
  const pid_t worker = fork();
  if (worker == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    close(ready[0]);
    close(ready[1]);
    for (;;) pause();
  }
  close(ready[1]);
  char byte;
  // It has asked for its death by now.
  if (read(ready[0], &byte, 1) != 0) return 1;
  begin_thread();
  execl(self, "attributes", "lives", std::to_string(worker).c_str(), "--status-fd", told.c_str(), nullptr);
  return 1;
}

int say_whether_lives(pid_t worker) {
  // A signal that came of the exec has been sent before it.
  const bool lives = waitpid(worker, nullptr, WNOHANG) == 0;
  kill(worker, SIGKILL);
  int status = -1;
  if (lives) waitpid(worker, &status, 0);
  std::printf("worker %s\n", lives ? "lives" : "was killed");
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const std::string what = arguments[1];
  if (what == "lives") return say_whether_lives(std::atoi(arguments[2]));
  if (what == "found") {
    told = arguments[4];
    const bool has_file = fcntl(std::atoi(told.c_str()), F_GETFD) >= 0;
    if (std::string(arguments[2]) == "mask")
      return std::printf("blocked%s, file %d\n", blocked().c_str(), has_file) < 0;
    for (const Attribute& each : all)
      if (std::string(arguments[2]) == each.name)
        return std::printf("%s, file %d\n", each.find().c_str(), has_file) < 0;
    return 2;
  }
  told = std::to_string(open("/etc/passwd", O_RDONLY));
  if (what == "worker") return start_worker();
  begin_thread();
  if (what == "mask") return start_blocked(arguments[2]);
  for (const Attribute& each : all)
    if (what == each.name) {
      each.set();
      return exec_self(each.name);
    }
  return 2;
}
