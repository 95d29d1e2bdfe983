// SPDX-License-Identifier: Apache-2.0
//
// Makes a descriptor by calls that a test knows, as its first argument says, and starts /bin/true, which gets it. The
// tests know lines by what is said behind them.

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int begin_service(const char* path);
extern char** environ;

namespace {

constexpr const char* path = "/etc/passwd";
volatile int opened = -1;

void start_true() {
  char name[] = "true";
  char* arguments[] = {name, nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, environ) != 0) abort();
  waitpid(child, nullptr, 0);
}

void* work(void*) {
  pthread_setname_np(pthread_self(), "loader");
  opened = begin_service(path);  // line: work
  start_true();
  return nullptr;
}

void in_thread() {
  pthread_t thread{};
  pthread_create(&thread, nullptr, work, nullptr);
  pthread_join(thread, nullptr);
}

/// Who calls it is no question of the innermost call alone.
[[gnu::noinline]] int open_here() {
  const int fd = open(path, O_RDONLY);  // line: open_here
  opened = fd;
  return fd;
}

[[gnu::always_inline]] inline int open_inlined() {
  const int fd = open(path, O_RDONLY);  // line: open_inlined
  opened = fd;
  return fd;
}

[[gnu::noinline]] void inlining() {
  opened = open_inlined() + 0;  // line: inlining
  opened = opened + 0;
}

}  // namespace

namespace service {

class Helper {
 public:
  /// Makes it inheritable for the program that it starts.
  [[gnu::noinline]] void keep(int fd, const std::string& reason) {
    if (reason == "ioctl")
      ioctl(fd, FIONCLEX);  // line: keep by ioctl
    else
      fcntl(fd, F_SETFD, 0);  // line: keep
    kept_ = kept_ + reason.size();
  }

 private:
  volatile std::size_t kept_ = 0;
};

}  // namespace service

namespace {

[[gnu::noinline]] void keep_one(const std::string& reason) {
  service::Helper helper;
  opened = open(path, O_RDONLY | O_CLOEXEC);
  helper.keep(opened, reason);  // line: keep_one
  opened = opened + 0;
}

void handle(int) { open_here(); }

/// Until the handler has opened it.
[[gnu::noinline]] void wait_for_handler(int flags) {
  struct sigaction action {};
  action.sa_handler = handle;
  action.sa_flags = flags;
  sigaction(SIGUSR1, &action, nullptr);
  kill(getpid(), SIGUSR1);
  while (opened < 0) {
  }
}

void on_another_stack() {
  static char stack[1U << 16U];
  stack_t where{};
  where.ss_sp = stack;
  where.ss_size = sizeof stack;
  sigaltstack(&where, nullptr);
  wait_for_handler(SA_ONSTACK);
}

ucontext_t outside;
ucontext_t inside;

void coroutine() {
  open_here();
  swapcontext(&inside, &outside);
}

/// Its stack ends where nothing more can be read.
void in_coroutine() {
  constexpr std::size_t page = 4096;
  char* const memory =
      static_cast<char*>(mmap(nullptr, 9 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  mprotect(memory + 8 * page, page, PROT_NONE);
  getcontext(&inside);
  inside.uc_stack.ss_sp = memory;
  inside.uc_stack.ss_size = 8 * page;
  inside.uc_link = &outside;
  makecontext(&inside, coroutine, 0);
  swapcontext(&outside, &inside);
}

[[gnu::noinline]] int recurse(int left) {
  const int fd = left == 0 ? open_here() : recurse(left - 1);  // line: recurse
  opened = fd;
  return fd;
}

/// Each is unloaded before the next is loaded, and leaves what it has opened.
void in_plugins(char** paths) {
  for (; *paths != nullptr; ++paths) {
    void* const library = dlopen(*paths, RTLD_NOW);
    if (library == nullptr) abort();
    const auto open_it = reinterpret_cast<int (*)(const char*)>(dlsym(library, "plugin_open"));
    opened = open_it(path);  // line: in_plugins
    dlclose(library);
  }
}

/// The same place over and over, and another one in between.
[[gnu::noinline]] void repeat() {
  for (int i = 0; i < 100; ++i) close(open_here());  // line: repeat
  opened = begin_service(path);                      // line: repeat elsewhere
  opened = open_here();                              // line: repeat once more
  opened = opened + 0;
}

/// A file in place of the one that its code is mapped from.
void replaced(char** paths) {
  if (rename(paths[0], paths[1]) != 0) abort();
  opened = begin_service(path);
}

void in_child() {
  const pid_t child = fork();
  if (child != 0) {
    waitpid(child, nullptr, 0);
    return;
  }
  open_here();
  start_true();
  _exit(0);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view how = count > 1 ? arguments[1] : "";
  if (how == "thread") return in_thread(), 0;
  if (how == "child") return in_child(), 0;
  if (how == "here") open_here();  // line: main here
  if (how == "inlined") inlining();
  if (how == "fcntl" || how == "ioctl") keep_one(arguments[1]);
  if (how == "handler") wait_for_handler(0);
  if (how == "alternate") on_another_stack();
  if (how == "coroutine") in_coroutine();
  if (how == "deep") recurse(60);
  if (how == "plugins") in_plugins(arguments + 2);
  if (how == "replaced" && count == 4) replaced(arguments + 2);
  if (how == "repeat") repeat();
  if (opened < 0) {
    std::fprintf(stderr, "usage: callers HOW\n");
    return 2;
  }
  start_true();
  return 0;
}
