// SPDX-License-Identifier: Apache-2.0
//
// exhaust FAULT [ARGUMENT]: makes descriptors by every creating call while the system has run out of something, each in
// a child of its own, and prints how each call ended and how many descriptors it left open. FAULT is
//
//   numbers          RLIMIT_NOFILE leaves 0 to 5 numbers free
//   calls ERRNO      a seccomp filter answers ERRNO, to one family's system calls after the other
//   heap             the heap holds 0 to 4 more blocks
//
// Each call is tried as the first of its name (cold) and after it has worked (warm): the shim takes two ways.
#include <fcntl.h>
#include <fts.h>
#include <mntent.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pty.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/support/creations.h"
#include "tests/support/descriptor_message.h"
#include "tests/support/filter.h"
#include "tests/support/fixture.h"

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void __libc_free(void* memory);
}

namespace {

/// How many more blocks there is room for; -1: for any number.
int blocks = -1;

bool is_out_of_memory() {
  if (blocks > 0)
    --blocks;
  else if (blocks == 0) {
    errno = ENOMEM;
    return true;
  }
  return false;
}

}  // namespace

void* malloc(size_t size) noexcept { return is_out_of_memory() ? nullptr : __libc_malloc(size); }
void* calloc(size_t count, size_t size) noexcept { return is_out_of_memory() ? nullptr : __libc_calloc(count, size); }
void* realloc(void* memory, size_t size) noexcept {
  return is_out_of_memory() ? nullptr : __libc_realloc(memory, size);
}

void free(void* memory) noexcept {
  if (memory != nullptr && blocks >= 0) ++blocks;
  __libc_free(memory);
}

namespace {

constexpr int highest = 600;
constexpr int untouched = 4242;

int count_open() {
  int count = 0;
  for (int fd = 0; fd < highest; ++fd)
    if (fcntl(fd, F_GETFD) >= 0) ++count;
  return count;
}

char line[512];
std::size_t line_size = 0;

/// No stream: its buffer would take memory.
__attribute__((format(printf, 1, 2))) void say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  line_size += static_cast<std::size_t>(vsnprintf(line + line_size, sizeof line - line_size, format, arguments));
  va_end(arguments);
}

void end_line() {
  line[line_size++] = '\n';
  if (write(1, line, line_size) < 0) _exit(3);
  line_size = 0;
}

void show(int fd) { say(" cloexec=%d", fcntl(fd, F_GETFD)); }

/// A pair that cannot be made leaves the program's variables alone.
template <typename Make>
int pair(Visit visit, Make make) {
  int ends[2] = {-77, -77};
  errno = untouched;
  if (make(ends) < 0) {
    const int error = errno;
    say(" ends=%s", ends[0] == -77 && ends[1] == -77 ? "kept" : "changed");
    return error;
  }
  say(" errno=%s", errno == untouched ? "kept" : "changed");
  for (const int end : ends) visit(end);
  for (const int end : ends) close(end);
  return 0;
}

int ended(int error, pid_t child) {
  int status = 0;
  if (error == 0 && waitpid(child, &status, 0) == child) say(" status=%d", WEXITSTATUS(status));
  return error;
}

char* const arguments_of_true[] = {const_cast<char*>("true"), nullptr};

/// Two descriptors in one message, of which some may find no number: then the kernel hands over those that do, and says
/// that it has cut the rest (unix(7)).
int received_two(Visit visit) {
  for (int i = 0; i < 2; ++i)
    if (private_pair()[1] < 0) return EBADF;
  DescriptorMessage message({spare_descriptor(), spare_descriptor()});
  if (sendmsg(private_pair()[0], message.header(), 0) < 0) return errno;
  if (recvmsg(private_pair()[1], message.header(), MSG_DONTWAIT) < 0) return errno;
  say(" flags=%x", static_cast<unsigned>(message.header()->msg_flags));
  message.each([&](int fd) {
    visit(fd);
    close(fd);
  });
  return 0;
}

constexpr Creation more[] = {
    {"pipe.ends", [](Visit visit) { return pair(visit, pipe); }},
    {"pipe2.ends", [](Visit visit) { return pair(visit, [](int* ends) { return pipe2(ends, O_NONBLOCK); }); }},
    {"socketpair.ends",
     [](Visit visit) { return pair(visit, [](int* ends) { return socketpair(AF_UNIX, SOCK_STREAM, 0, ends); }); }},
    {"openpty.ends",
     [](Visit visit) {
       return pair(visit, [](int* ends) {
         const int result = openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr);
         if (result == 0) errno = untouched;  // libc's own leaves something there
         return result;
       });
     }},
    {"mkstemp.template",
     [](Visit visit) {
       char name[] = P_tmpdir "/cloexec-XXXXXX";
       const int fd = mkstemp(name);
       const int error = errno;
       say(" template=%s", std::strstr(name, "XXXXXX") != nullptr ? "kept" : "filled");
       if (fd < 0) return error;
       visit(fd);
       close(fd);
       unlink(name);
       return 0;
     }},
    {"recvmsg.two", received_two},
    {"fts_open",
     [](Visit visit) {
       char root[] = "/";
       char* const paths[] = {root, nullptr};
       FTS* const walk = fts_open(paths, FTS_PHYSICAL, nullptr);
       if (walk == nullptr) return errno;
       if (walk->fts_rfd >= 0) visit(walk->fts_rfd);
       fts_close(walk);
       return 0;
     }},
    {"setmntent",
     [](Visit visit) {
       FILE* const stream = setmntent("/dev/null", "r");
       if (stream == nullptr) return errno;
       visit(fileno(stream));
       endmntent(stream);
       return 0;
     }},
    {"rresvport",
     [](Visit visit) {
       int port = IPPORT_RESERVED - 1;
       const int fd = rresvport(&port);
       if (fd < 0) return errno;
       visit(fd);
       close(fd);
       return 0;
     }},
    {"posix_spawn",
     [](Visit) {
       pid_t child = 0;
       return ended(posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments_of_true, environ), child);
     }},
    {"posix_spawnp",
     [](Visit) {
       pid_t child = 0;
       return ended(posix_spawnp(&child, "true", nullptr, nullptr, arguments_of_true, environ), child);
     }},
    {"execve", [](Visit) { return execve("/nonexistent", arguments_of_true, environ) < 0 ? errno : 0; }},
    {"execlp", [](Visit) { return execlp("nonexistent", "nonexistent", nullptr) < 0 ? errno : 0; }},
    {"fexecve", [](Visit) { return fexecve(spare_descriptor(), arguments_of_true, environ) < 0 ? errno : 0; }},
};

/// Breaks what a child of ours has, in one of several ways; null: there is no way of this number.
using Break = const char* (*)(const char* argument, unsigned way);

const char* too_few_numbers(const char*, unsigned way) {
  static char name[] = "0-left";
  if (way > 5) return nullptr;
  name[0] = static_cast<char>('0' + way);
  const int lowest = fcntl(0, F_DUPFD_CLOEXEC, 0);
  close(lowest);
  const rlimit few{static_cast<rlim_t>(lowest) + way, RLIM_INFINITY};
  rlimit now;
  getrlimit(RLIMIT_NOFILE, &now);
  const rlimit lowered{few.rlim_cur, now.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &lowered) == 0 ? name : nullptr;
}

/// Of each family all system calls, lest the shim finds a way that the program itself has not.
const char* refused_calls(const char* error, unsigned way) {
  static constexpr const char* families[] = {
      "open,openat,creat,openat2",
      "dup,dup2,dup3,F_DUPFD,F_DUPFD_CLOEXEC",
      "pipe,pipe2",
      "socket,socketpair",
      "accept,accept4",
      "recvmsg,recvmmsg",
      "epoll_create,epoll_create1,eventfd,eventfd2,signalfd,signalfd4,timerfd_create,inotify_init,inotify_init1",
      "memfd_create",
      "clone,clone3,fork,vfork",
      "private_memory",
      "execve,execveat",
      "TIOCGPTPEER",
      "newfstatat,fstat,stat,lstat,statx",
      "open,openat,creat,openat2,dup,dup2,dup3,F_DUPFD,F_DUPFD_CLOEXEC,pipe,pipe2,socket,socketpair,accept,accept4,"
      "recvmsg,"
      "recvmmsg,epoll_create,epoll_create1,eventfd,eventfd2,signalfd,signalfd4,timerfd_create,inotify_init,inotify_"
      "init1,"
      "memfd_create,clone,clone3,fork,vfork,private_memory,TIOCGPTPEER",
  };
  if (way >= sizeof families / sizeof *families) return nullptr;
  return deny_calls(error, families[way]) == 0 ? families[way] : nullptr;
}

const char* no_heap(const char*, unsigned way) {
  static char name[] = "0-blocks";
  if (way > 4) return nullptr;
  name[0] = static_cast<char>('0' + way);
  return name;
}

/// What the tables' entries need and have from then on.
void warm_fixture() {
  spare_descriptor();
  listener();
  private_pair();
  high_number();
}

int ignored = 0;

int try_one(const Creation& creation, Break broken, const char* argument, unsigned way, bool is_warm) {
  warm_fixture();
  if (is_warm) {
    creation.make([](int fd) { ignored += fd; });
    line_size = 0;
  }
  const int before = count_open();
  const char* const how = broken(argument, way);
  if (how == nullptr) return 2;
  // Its memory is the last thing that a child loses.
  if (broken == no_heap) blocks = static_cast<int>(way);
  say("%s %.40s %s", creation.name, how, is_warm ? "warm" : "cold");
  const int error = creation.make(show);
  blocks = -1;
  say(" %s left=%d", error != 0 ? strerrorname_np(error) : "ok", count_open() - before);
  end_line();
  return 0;
}

bool run_way(Break broken, const char* argument, unsigned way, bool is_warm, std::span<const Creation> table) {
  for (const Creation& creation : table) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(30);
      _exit(try_one(creation, broken, argument, way, is_warm));
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child) std::exit(3);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) return false;
    if (status != 0) std::printf("%s: status %d\n", creation.name, status);
    std::fflush(stdout);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const char* const fault = argc > 1 ? argv[1] : "";
  const char* const argument = argc > 2 ? argv[2] : "";
  // What popen and posix_spawn start is not what is tried.
  unsetenv("LD_PRELOAD");
  const Break broken = std::strcmp(fault, "numbers") == 0 ? too_few_numbers
                       : std::strcmp(fault, "calls") == 0 ? refused_calls
                       : std::strcmp(fault, "heap") == 0  ? no_heap
                                                          : nullptr;
  if (broken == nullptr) {
    std::fprintf(stderr, "usage: exhaust numbers | calls ERRNO | heap\n");
    return 2;
  }
  for (const bool is_warm : {false, true})
    for (unsigned way = 0; run_way(broken, argument, way, is_warm, creations()); ++way) {
      run_way(broken, argument, way, is_warm, failures());
      run_way(broken, argument, way, is_warm, more);
    }
}
