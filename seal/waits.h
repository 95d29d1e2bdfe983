// SPDX-License-Identifier: Apache-2.0
//
// What an interruption does to a system call that waits. A thread that is stopped by ptrace leaves its call in the
// kernel; most begin again there, unseen by the program (signal(7), "Interruption of system calls and library functions
// by stop signals").
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "trace/tracee.h"

namespace cloexec::seal {

/// What becomes of a call, the better ones first.
enum class Harm {
  none,     // it goes on, for the rest of its time
  unknown,  // it goes on; if it is of a socket with a time-out, that begins again
  delay,    // it goes on, and its time-out begins again
  visible,  // it would return early, with part of its work done, or with an error; or is not known
};

/// A call that a thread waits in.
struct WaitingCall {
  long number = -1;
  std::array<trace::Word, 6> arguments{};
  bool is_narrow = false;
};

/// The call in /proc/TASK/syscall; nothing when the thread runs, or may not be asked about. `is_narrow`: of a 32-bit
/// program.
std::optional<WaitingCall> waiting_call_of(pid_t task, bool is_narrow);

Harm harm_to(const WaitingCall& call, pid_t task);

/// Whether a call that gives EINTR may just be made again: not so close(2), which has closed.
bool may_begin_again(const WaitingCall& call, pid_t task);

/// Whether the kernel keeps what is left of its time (restart_syscall(2)).
bool has_rest(const WaitingCall& call);

/// "write"; empty when it is not known.
std::string_view name_of_call(long number, bool is_narrow);

/// Whether the program in a process is a 32-bit one on a 64-bit machine.
bool is_narrow_program(pid_t process);

}  // namespace cloexec::seal
