// SPDX-License-Identifier: Apache-2.0

#include "trace/tracee.h"

#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace cloexec::trace {
namespace {

/// Without PTRACE_O_EXITKILL: should the tracer die, the tree runs on.
constexpr long options_for_tree =
    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;

// glibc's header of Debian 12 has it as a number of another enum.
constexpr long option_suspend_seccomp = 1L << 21;

constexpr long options_for(Scope scope) {
  switch (scope) {
    case Scope::tree:
      return options_for_tree;
    case Scope::task:
      return PTRACE_O_TRACESYSGOOD;
    case Scope::unfiltered_task:
      return PTRACE_O_TRACESYSGOOD | option_suspend_seccomp;
  }
  return 0;
}

constexpr __ptrace_request request_for(Way way) {
  switch (way) {
    case Way::run:
      return PTRACE_CONT;
    case Way::to_next_call:
      return PTRACE_SYSCALL;
    case Way::stay_stopped:
      return PTRACE_LISTEN;
    case Way::leave:
      return PTRACE_DETACH;
  }
  return PTRACE_CONT;
}

void* as_pointer(Word value) { return reinterpret_cast<void*>(value); }

/// What one call gives of it, to the end of its page at most; where that is forbidden, a word.
std::size_t read_some(pid_t task, Word address, char* to, std::size_t most) {
  constexpr std::size_t page = 4096;
  const iovec local{to, most};
  const iovec remote{as_pointer(address), std::min(most, page - address % page)};
  if (const ssize_t got = process_vm_readv(task, &local, 1, &remote, 1, 0); got > 0)
    return static_cast<std::size_t>(got);
  const std::optional<Word> word = peek(task, address);
  if (word) std::memcpy(to, &*word, sizeof(Word));
  return word ? sizeof(Word) : 0;
}

}  // namespace

int seize(pid_t task, Scope scope) { return ptrace(PTRACE_SEIZE, task, nullptr, options_for(scope)) == 0 ? 0 : errno; }

bool interrupt(pid_t task) { return ptrace(PTRACE_INTERRUPT, task, nullptr, nullptr) == 0; }

void let_go(pid_t task, Way way, int signal) {
  ptrace(request_for(way), task, nullptr, as_pointer(static_cast<Word>(signal)));
}

pid_t event_message(pid_t task) {
  unsigned long message = 0;
  return ptrace(PTRACE_GETEVENTMSG, task, nullptr, &message) == 0 ? static_cast<pid_t>(message) : 0;
}

bool is_traced(pid_t task) {
  siginfo_t nothing;
  constexpr int without_taking = WEXITED | WSTOPPED | WNOHANG | WNOWAIT;
  return waitid(P_PID, static_cast<id_t>(task), &nothing, without_taking | __WALL | __WNOTHREAD) == 0;
}

bool suspend_filters(pid_t task, bool on) {
  const long options = options_for_tree | (on ? option_suspend_seccomp : 0);
  return ptrace(PTRACE_SETOPTIONS, task, nullptr, options) == 0;
}

std::optional<Word> peek(pid_t task, Word address) {
  errno = 0;
  const long word = ptrace(PTRACE_PEEKDATA, task, as_pointer(address), nullptr);
  if (errno != 0) return {};
  return static_cast<Word>(word);
}

bool poke(pid_t task, Word address, Word value) {
  return ptrace(PTRACE_POKEDATA, task, as_pointer(address), as_pointer(value)) == 0;
}

std::string text_at(pid_t task, Word address) {
  std::string text;
  while (text.size() < PATH_MAX) {
    std::array<char, 256> block;
    const std::size_t got = read_some(task, address + text.size(), block.data(), block.size());
    const std::size_t size = strnlen(block.data(), got);
    text.append(block.data(), size);
    if (size < got || got == 0) break;
  }
  return text;
}

}  // namespace cloexec::trace
