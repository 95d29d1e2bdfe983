// SPDX-License-Identifier: Apache-2.0
//
// Has a few inheritable descriptors, and waits in one system call: for a time, or for what a child of its own does when
// most of that time is over. Says what the call gave, and whether it came in time, or as if it had begun again.
//
//   waiter CALL MILLISECONDS [helper|filter]    with a second thread, in pause(2); or with a seccomp filter that kills
//                                               for fcntl, ioctl and close_range
//   waiter arrived                              lists the descriptors above 2
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { signals = 2000 };

static long milliseconds;
static int pipe_ends[2], pair[2], listening, shared_semaphores = -1;
static uint32_t* word;
static volatile sig_atomic_t handled;

static struct timespec in(long after) { return (struct timespec){after / 1000, after % 1000 * 1000000}; }

static struct timespec at(clockid_t clock, long after) {
  struct timespec time;
  clock_gettime(clock, &time);
  time.tv_sec += after / 1000;
  time.tv_nsec += after % 1000 * 1000000;
  if (time.tv_nsec >= 1000000000) ++time.tv_sec, time.tv_nsec -= 1000000000;
  return time;
}

static void handle(int signal) {
  (void)signal;
  handled = handled + 1;
}

static void make_ready(void) {
  if (pipe2(pipe_ends, O_CLOEXEC) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) exit(9);
  listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (bind(listening, (struct sockaddr*)&address, sizeof address) || listen(listening, 5)) exit(9);
  word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  shared_semaphores = semget(IPC_PRIVATE, 1, 0600);
  struct sigaction action = {.sa_handler = handle};
  sigaction(SIGUSR1, &action, NULL);
  action.sa_flags = SA_RESTART;
  sigaction(SIGRTMIN, &action, NULL);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
}

/// What is inheritable, by numbers that nothing else has: a file, one by O_PATH, a socket, a pipe.
static void leak(void) {
  int ends[2];
  if (dup2(open("/etc/passwd", O_RDONLY | O_CLOEXEC), 40) < 0 || dup2(open("/etc", O_PATH | O_CLOEXEC), 42) < 0 ||
      dup2(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), 43) < 0 || pipe2(ends, O_CLOEXEC) || dup2(ends[0], 44) < 0)
    exit(9);
}

/// A child does what the call waits for.
static void act_later(const char* call) {
  const pid_t parent = getpid();
  if (fork() != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const struct timespec time = in(milliseconds * 9 / 10);
  nanosleep(&time, NULL);
  if (!strncmp(call, "wait", 4)) _exit(7);
  if (!strcmp(call, "storm")) {
    for (int i = 0; i < signals; ++i)
      while (sigqueue(parent, SIGRTMIN, (union sigval){0}) && errno == EAGAIN) sched_yield();
  } else if (!strcmp(call, "pause") || !strcmp(call, "sigsuspend")) {
    kill(parent, SIGUSR1);
  } else if (!strcmp(call, "sigwaitinfo")) {
    kill(parent, SIGUSR2);
  } else if (!strcmp(call, "futex-woken")) {
    *word = 1;
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
  } else if (!strcmp(call, "semop")) {
    struct sembuf more = {0, 1, 0};
    semop(shared_semaphores, &more, 1);
  } else if (!strcmp(call, "read") || !strcmp(call, "epoll_wait-forever") || !strcmp(call, "poll-forever")) {
    (void)!write(pipe_ends[1], "x", 1);
  } else if (!strcmp(call, "recv")) {
    send(pair[1], "abc", 3, 0);
  } else if (!strcmp(call, "accept")) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(listening, (struct sockaddr*)&address, &size);
    connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr*)&address, size);
  } else if (!strcmp(call, "write")) {
    char block[8192];
    for (int i = 0; i < 9; ++i) (void)!read(pipe_ends[0], block, sizeof block);
    nanosleep(&(struct timespec){0, 50000000}, NULL);
  }
  _exit(0);
}

static long wait_with_limit(int option, int type) {
  struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
  setsockopt(type ? listening : pair[0], SOL_SOCKET, option, &limit, sizeof limit);
  char byte;
  return type ? accept(listening, NULL, NULL) : recv(pair[0], &byte, 1, 0);
}

static long epoll_for(int time) {
  const int set = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(set, EPOLL_CTL_ADD, pipe_ends[0], &event);
  return epoll_wait(set, &event, 1, time);
}

static long select_for(void) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(pipe_ends[0], &set);
  struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
  return select(pipe_ends[0] + 1, &set, NULL, NULL, &time);
}

static long pselect_for(void) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(pipe_ends[0], &set);
  const struct timespec time = in(milliseconds);
  return pselect(pipe_ends[0] + 1, &set, NULL, NULL, &time, &(sigset_t){0});
}

static long futex_for(void) {
  const struct timespec time = in(milliseconds);
  return syscall(SYS_futex, word, FUTEX_WAIT, 0, &time, NULL, 0);
}

static long sigtimedwait_for(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  const struct timespec time = in(milliseconds);
  return sigtimedwait(&set, NULL, &time);
}

static long mq_for(void) {
  char name[64], text[64];
  snprintf(name, sizeof name, "/cloexec-waiter-%d", (int)getpid());
  struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = sizeof text};
  const mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600, &attributes);
  mq_unlink(name);
  const struct timespec time = at(CLOCK_REALTIME, milliseconds);
  return mq_timedreceive(queue, text, sizeof text, NULL, &time);
}

/// With numbers in registers that only floating point has.
static long spin(void) {
  const struct timespec end = at(CLOCK_MONOTONIC, milliseconds);
  struct timespec now;
  long wrong = 0;
  do {
    double sum = 0;
    for (int i = 1; i <= 100000; ++i) sum += 1.0 / (double)i / (double)i;
    wrong += sum < 1.6449240668 || sum > 1.6449240669;
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
  return wrong;
}

static long storm(void) {
  while (handled < signals) nanosleep(&(struct timespec){0, 1000000}, NULL);
  errno = 0;
  return handled;
}

/// More than there is room for.
static long write_much(void) {
  char block[100000] = {0};
  return write(pipe_ends[1], block, sizeof block);
}

static long lend(void) {
  const pid_t child = vfork();
  if (child == 0) {
    const struct timespec time = in(milliseconds);
    nanosleep(&time, NULL);
    _exit(0);
  }
  return child > 0;
}

static long wait_in(const char* call) {
  const struct timespec time = in(milliseconds);
  struct pollfd ready = {pipe_ends[0], POLLIN, 0};
  char byte;
  sigset_t set;
  sigemptyset(&set);
  int status = 0;
  siginfo_t info;
  if (!strcmp(call, "nanosleep")) return nanosleep(&time, NULL);
  if (!strcmp(call, "clock_nanosleep")) {
    const struct timespec end = at(CLOCK_MONOTONIC, milliseconds);
    return errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
  }
  if (!strcmp(call, "poll")) return poll(&ready, 1, (int)milliseconds);
  if (!strcmp(call, "poll-forever")) return poll(&ready, 1, -1);
  if (!strcmp(call, "ppoll")) return ppoll(&ready, 1, &time, &set);
  if (!strcmp(call, "select")) return select_for();
  if (!strcmp(call, "pselect")) return pselect_for();
  if (!strcmp(call, "epoll_wait")) return epoll_for((int)milliseconds);
  if (!strcmp(call, "epoll_wait-forever")) return epoll_for(-1);
  if (!strcmp(call, "futex")) return futex_for();
  if (!strcmp(call, "futex-woken")) return syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
  if (!strcmp(call, "sigtimedwait")) return sigtimedwait_for();
  if (!strcmp(call, "sigwaitinfo")) return sigaddset(&set, SIGUSR2), sigwaitinfo(&set, NULL);
  if (!strcmp(call, "semtimedop")) return semtimedop(shared_semaphores, &(struct sembuf){0, -1, 0}, 1, &time);
  if (!strcmp(call, "semop")) return semop(shared_semaphores, &(struct sembuf){0, -1, 0}, 1);
  if (!strcmp(call, "SO_RCVTIMEO")) return wait_with_limit(SO_RCVTIMEO, 0);
  if (!strcmp(call, "accept-SO_RCVTIMEO")) return wait_with_limit(SO_RCVTIMEO, 1);
  if (!strcmp(call, "mq_timedreceive")) return mq_for();
  if (!strcmp(call, "read")) return read(pipe_ends[0], &byte, 1);
  if (!strcmp(call, "recv")) return recv(pair[0], &byte, 1, 0);
  if (!strcmp(call, "accept")) return accept4(listening, NULL, NULL, SOCK_CLOEXEC) >= 0;
  if (!strcmp(call, "wait4")) return waitpid(-1, &status, 0) > 0 ? WEXITSTATUS(status) : -1;
  if (!strcmp(call, "waitid")) return waitid(P_ALL, 0, &info, WEXITED) ? -1 : info.si_status;
  if (!strcmp(call, "pause")) return pause();
  if (!strcmp(call, "sigsuspend")) return sigsuspend(&set);
  if (!strcmp(call, "spin")) return spin();
  if (!strcmp(call, "storm")) return storm();
  if (!strcmp(call, "write")) return write_much();
  if (!strcmp(call, "vfork")) return lend();
  exit(9);
}

static void* help(void* unused) {
  for (;;) pause();
  return unused;
}

static void filter(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 436, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) exit(9);
}

static int list(void) {
  DIR* folder = opendir("/proc/self/fd");
  for (struct dirent* entry; (entry = readdir(folder)) != NULL;)
    if (atoi(entry->d_name) > 2 && atoi(entry->d_name) != dirfd(folder)) printf(" %s", entry->d_name);
  printf("\n");
  return 0;
}

int main(int count, char** words) {
  if (count == 2) return list();
  milliseconds = atol(words[2]);
  make_ready();
  act_later(words[1]);
  leak();
  pthread_t helper;
  if (count > 3 && !strcmp(words[3], "helper")) pthread_create(&helper, NULL, help, NULL);
  if (count > 3 && !strcmp(words[3], "filter")) filter();
  printf("ready\n");
  fflush(stdout);
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  errno = 0;
  const long result = wait_in(words[1]);
  const int error = errno;
  clock_gettime(CLOCK_MONOTONIC, &end);
  const long taken = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
  const char* when = taken < milliseconds * 8 / 10 ? "early" : taken < milliseconds * 3 / 2 ? "in time" : "late";
  printf("%ld %s %d %s\n", result, strerrorname_np(error), (int)handled, when);
  fflush(stdout);
  semctl(shared_semaphores, 0, IPC_RMID);
  // For who waited until the call is over.
  if (!strcmp(words[1], "write") || !strcmp(words[1], "vfork")) nanosleep(&(struct timespec){1, 0}, NULL);
  execl("/proc/self/exe", words[0], "arrived", (char*)NULL);
  return 9;
}
