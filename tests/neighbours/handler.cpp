// SPDX-License-Identifier: Apache-2.0
//
// Signals that interrupt the program anywhere, also inside dlsym, malloc and the wrappers themselves, and whose handler
// makes descriptors on a small alternate stack. Each signal is sent by another thread once the one before was handled.
// Bound at load, or the loader's resolver would need as much stack again. Prints "stack=4096 signals=20000
// inheritable=0"; status 0 when all went well.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/support/fixture.h"

namespace {

constexpr int signals = 20000;

std::atomic<int> handled = 0;
std::atomic<int> inheritable = 0;
std::atomic<int> failed = 0;

void check(int fd) {
  if (fd < 0) {
    ++failed;
    return;
  }
  if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) ++inheritable;
  close(fd);
}

/// One message with no descriptor, in a buffer that has room for one: the wrapper's own path, on little stack.
void receive(const int* pair) {
  char byte = 'x';
  iovec data{&byte, 1};
  char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (send(pair[0], &byte, 1, MSG_DONTWAIT) != 1 || recvmsg(pair[1], &message, MSG_DONTWAIT) != 1) ++failed;
}

/// What both the handler and the interrupted program do, each with sockets and a number of its own.
void make_all(const int* pair, int listening, int high) {
  check(open("/dev/null", O_RDONLY));
  check(dup(spare_descriptor()));
  check(dup2(spare_descriptor(), high));
  check(fcntl(spare_descriptor(), F_DUPFD, 100));
  check(socket(AF_UNIX, SOCK_STREAM, 0));
  int ends[2];
  if (pipe(ends) != 0) {
    ++failed;
    return;
  }
  check(ends[0]);
  check(ends[1]);
  if (accept(listening, nullptr, nullptr) >= 0 || errno != EAGAIN) ++failed;
  receive(pair);
}

int handler_pair[2];
int handler_listener;

void handle(int) {
  const int error_before = errno;
  make_all(handler_pair, handler_listener, 300);
  errno = error_before;
  ++handled;
}

/// 4 KiB, or, when the kernel refuses that, the least that its own frame leaves 2 KiB of. 0: neither. A page that
/// faults lies below, so that an overflow ends the program.
std::size_t install_stack() {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  char* const lowest =
      static_cast<char*>(mmap(nullptr, 16 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (mprotect(lowest, page, PROT_NONE) != 0) return 0;
  stack_t stack{};
  stack.ss_sp = lowest + page;
  for (const std::size_t size : {std::size_t{4096}, std::size_t{getauxval(AT_MINSIGSTKSZ)} + 2048}) {
    stack.ss_size = size;
    if (sigaltstack(&stack, nullptr) == 0) return size;
  }
  return 0;
}

void load_and_allocate() {
  void* const memory = std::malloc(5000);
  void* const library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
  if (memory == nullptr || library == nullptr || dlsym(library, "cos") == nullptr) ++failed;
  if (dlsym(RTLD_NEXT, "open") == nullptr || dlsym(RTLD_DEFAULT, "pipe") == nullptr) ++failed;
  if (library != nullptr) dlclose(library);
  std::free(memory);
}

void send_signals(pthread_t target, std::atomic<bool>& done) {
  for (int i = 0; i < signals; ++i) {
    const int before = handled;
    pthread_kill(target, i % 2 == 0 ? SIGUSR1 : SIGALRM);
    while (handled == before) sched_yield();
  }
  done = true;
}

}  // namespace

int main() {
  const std::size_t stack = install_stack();
  handler_listener = dup(listener());
  spare_descriptor();
  if (stack == 0 || handler_listener < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, handler_pair) != 0) return 2;

  std::atomic<bool> done = false;
  struct sigaction action {};
  action.sa_handler = handle;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  if (sigaction(SIGUSR1, &action, nullptr) != 0 || sigaction(SIGALRM, &action, nullptr) != 0) return 2;
  // The sending thread blocks them, so that they meet this one.
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &both, nullptr);
  std::thread sender(send_signals, pthread_self(), std::ref(done));
  pthread_sigmask(SIG_UNBLOCK, &both, nullptr);
  while (!done) {
    load_and_allocate();
    make_all(private_pair(), listener(), high_number());
  }
  sender.join();
  std::printf("stack=%zu minimum=%lu signals=%d failed=%d inheritable=%d\n", stack, getauxval(AT_MINSIGSTKSZ),
              handled.load(), failed.load(), inheritable.load());
  return handled == signals && failed == 0 && inheritable == 0 ? 0 : 1;
}
