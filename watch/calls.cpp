// SPDX-License-Identifier: Apache-2.0

#include "watch/calls.h"

#include <sys/syscall.h>

namespace cloexec::watch {
namespace {

#define ONE(name) \
  MakingCall { SYS_##name, #name, false }
#define TWO(name) \
  MakingCall { SYS_##name, #name, true }

constexpr MakingCall calls[] = {
#ifdef SYS_open
    ONE(open),
    ONE(creat),
    ONE(dup2),
    ONE(epoll_create),
    ONE(eventfd),
    ONE(signalfd),
    ONE(inotify_init),
    TWO(pipe),
#endif
    ONE(openat),
    ONE(openat2),
    ONE(open_by_handle_at),
    ONE(dup),
    ONE(dup3),
    ONE(fcntl),
    ONE(socket),
    ONE(accept),
    ONE(accept4),
    ONE(epoll_create1),
    ONE(eventfd2),
    ONE(signalfd4),
    ONE(timerfd_create),
    ONE(inotify_init1),
    ONE(memfd_create),
    ONE(fanotify_init),
    ONE(perf_event_open),
    ONE(userfaultfd),
    TWO(pipe2),
    TWO(socketpair),
};

}  // namespace

std::span<const MakingCall> making_calls() { return calls; }

const char* name_of_call(unsigned number) {
  for (const MakingCall& call : calls)
    if (call.number == number) return call.name;
  return "";
}

}  // namespace cloexec::watch
