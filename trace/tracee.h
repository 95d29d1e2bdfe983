// SPDX-License-Identifier: Apache-2.0
//
// ptrace(2), by names. A tracee may be killed at any moment, also while it is stopped: then each of these fails, and
// that it has ended is what its tracer hears next.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace cloexec::trace {

/// A machine word: what ptrace reads and writes memory by.
using Word = unsigned long;

/// Whom a tracer hears of.
enum class Scope {
  tree,             // the task, and all that it will start
  task,             // the task alone
  unfiltered_task,  // the same, and meanwhile no seccomp filter looks at its calls: takes CAP_SYS_ADMIN
};

/// Begins to trace a task that runs: PTRACE_SEIZE. 0, or an errno.
int seize(pid_t task, Scope scope = Scope::tree);

/// Has it stop soon, if only it returns from the kernel: PTRACE_INTERRUPT. A call that waits ends there, as for a
/// signal without a handler.
bool interrupt(pid_t task);

/// How a stopped tracee goes on.
enum class Way {
  run,           // to the next event
  to_next_call,  // to the next beginning or end of a system call
  stay_stopped,  // it is a job that was stopped: PTRACE_LISTEN
  leave,         // it, and what it starts, is not traced any more
};

/// `signal` is delivered to it; 0 is none.
void let_go(pid_t task, Way way, int signal = 0);

/// What an event tells beside itself: the child that was made, the thread that has exec'd. 0 when it cannot be told.
pid_t event_message(pid_t task);

/// Whether `task` is traced by this thread, which has not heard yet that it has ended.
bool is_traced(pid_t task);

/// Whether no seccomp filter looks at the calls of a stopped tracee of a tree: PTRACE_O_SUSPEND_SECCOMP. Whether that
/// could be had: it takes CAP_SYS_ADMIN.
bool suspend_filters(pid_t task, bool on);

std::optional<Word> peek(pid_t task, Word address);
bool poke(pid_t task, Word address, Word value);

/// The text at `address`, to its NUL; what there is of it when that cannot be read on. Also of a task that is not
/// traced, where process_vm_readv(2) may read it.
std::string text_at(pid_t task, Word address);

}  // namespace cloexec::trace
