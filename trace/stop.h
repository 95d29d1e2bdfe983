// SPDX-License-Identifier: Apache-2.0
//
// What waitpid(2) says of a tracee, read as ptrace(2) has it for one that was seized.
#pragma once

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdint>

namespace cloexec::trace {

enum class Stop : std::uint8_t {
  ended,       // it is gone, or a zombie that its parent may now wait for
  by_signal,   // a signal is about to be delivered to it
  job,         // a stopping signal has stopped it, with its whole thread group
  trap,        // it has just been born; or its job goes on
  call,        // a system call begins or ends
  has_made,    // it has made a process or a thread
  has_lent,    // it has made a process or thread that it waits for: vfork(2)
  has_execed,  // a new program is in it, whose first instruction has not been executed
};

namespace detail {

constexpr bool stops_jobs(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

}  // namespace detail

/// `status` is waitpid(2)'s.
constexpr Stop stop_of(int status) {
  constexpr int is_call = 0x80;  // PTRACE_O_TRACESYSGOOD
  if (!WIFSTOPPED(status)) return Stop::ended;
  switch (status >> 16) {
    case PTRACE_EVENT_STOP:
      return detail::stops_jobs(WSTOPSIG(status)) ? Stop::job : Stop::trap;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_CLONE:
      return Stop::has_made;
    case PTRACE_EVENT_VFORK:
      return Stop::has_lent;
    case PTRACE_EVENT_EXEC:
      return Stop::has_execed;
    default:
      return WSTOPSIG(status) == (SIGTRAP | is_call) ? Stop::call : Stop::by_signal;
  }
}

}  // namespace cloexec::trace
