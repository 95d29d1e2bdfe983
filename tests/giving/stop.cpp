// SPDX-License-Identifier: Apache-2.0

#include "stop.h"

#include <linux/filter.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <vector>

namespace {

std::atomic<int> listener = -1;
bool (*to_do)(const seccomp_data&) = nullptr;

void* supervise(void*) {
  while (listener < 0) sched_yield();
  for (;;) {
    seccomp_notif stopped{};
    // Nobody waits any more when a signal has come first.
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &stopped) != 0 || !to_do(stopped.data)) continue;
    seccomp_notif_resp answer{};
    answer.id = stopped.id;
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
}

void begin_supervisor() {
  sigset_t all;
  sigset_t old;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &old);
  pthread_t thread;
  if (pthread_create(&thread, nullptr, supervise, nullptr) != 0) abort();
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

void load(std::vector<sock_filter>& program, std::size_t offset) {
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)));
}

}  // namespace

void stop_at(std::initializer_list<StopAt> calls, bool (*act)(const seccomp_data& call)) {
  to_do = act;
  begin_supervisor();
  std::vector<sock_filter> program;
  for (const StopAt& call : calls) {
    load(program, offsetof(seccomp_data, nr));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call.number), 0, 4));
    load(program, offsetof(seccomp_data, args) + call.place * sizeof(__u64));  // its lower half
    program.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, call.bits));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.value, 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) abort();
  const long made = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
  if (made < 0) abort();
  // A number that no test looks at.
  listener = static_cast<int>(syscall(SYS_fcntl, made, 1030 /* F_DUPFD_CLOEXEC */, 200));
  close(static_cast<int>(made));
}
