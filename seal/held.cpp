// SPDX-License-Identifier: Apache-2.0

#include "seal/held.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <thread>

#include "trace/stop.h"

namespace cloexec::seal {
namespace {

using namespace trace;

// Linux 5.13; glibc's header of Debian 12 has it under another name.
constexpr int get_rseq_configuration = 0x420F;

struct RseqConfiguration {
  std::uint64_t address;
  std::uint32_t size;
  std::uint32_t signature;
  std::uint32_t flags;
  std::uint32_t padding;
};

}  // namespace

Held::Held(pid_t task, bool is_narrow, Clock::time_point end) : task_(task), is_narrow_(is_narrow), end_(end) {
  constexpr std::chrono::milliseconds period{5};
  alarm_.repeat(period);
}

/// waitpid(2)'s status; nothing when time is over. Of a task that cannot be waited for any more: 0, as if it had ended.
std::optional<int> Held::wait() const {
  for (;;) {
    int status = 0;
    if (waitpid(task_, &status, __WALL) == task_) return status;
    if (errno != EINTR) return 0;
    if (Clock::now() >= end_) return {};
  }
}

Hold Held::hold(Scope scope) {
  waiting_ = waiting_call_of(task_, is_narrow_);
  const int error = seize(task_, scope);
  if (error != 0) return state_ = error == ESRCH ? Hold::gone : Hold::forbidden;
  if (!interrupt(task_)) return state_ = Hold::gone;
  state_ = wait_until_stopped();
  constexpr std::chrono::milliseconds time_for_calls{500};
  end_ = std::max(end_, Clock::now() + time_for_calls);
  return state_;
}

Hold Held::wait_until_stopped() {
  for (;;) {
    const auto status = wait();
    if (!status) return Hold::late;
    switch (stop_of(*status)) {
      case Stop::ended:
        return Hold::gone;
      case Stop::by_signal:
        let_go(task_, Way::run, WSTOPSIG(*status));
        continue;
      case Stop::job:
        return settle(false);
      case Stop::trap:
        break;
      default:
        let_go(task_, Way::run);
        continue;
    }
    if (!is_in_restartable_sequence()) return settle(true);
    // The kernel lets the sequence begin again as the thread goes on.
    let_go(task_, Way::run);
    if (Clock::now() >= end_) return Hold::late;
    std::this_thread::sleep_for(std::chrono::microseconds(20));
    interrupt(task_);
  }
}

/// Whoever stands in one (rseq(2)) must not be sent elsewhere: that would pass for having left it.
bool Held::is_in_restartable_sequence() const {
  Registers registers;
  RseqConfiguration configuration{};
  const long got = ptrace(static_cast<__ptrace_request>(get_rseq_configuration), task_,
                          reinterpret_cast<void*>(sizeof configuration), &configuration);
  if (got <= 0 || configuration.address == 0) return false;
  // rseq_cs of a thread's area; start_ip and post_commit_offset of what it leads to (linux/rseq.h).
  const Word sequence = peek(task_, configuration.address + 8).value_or(0);
  if (sequence == 0 || !registers.read(task_)) return false;
  const auto begin = peek(task_, sequence + 8);
  const auto size = peek(task_, sequence + 16);
  return begin && size && registers.program_counter() - *begin < *size;
}

/// A call that says EINTR because of us begins again. Whoever was stopped as a job gets that anyhow when it goes on.
Hold Held::settle(bool is_interrupted) {
  if (!original_.read(task_)) return Hold::unable;
  if (is_interrupted && original_.are_behind_call()) {
    const auto call = waiting_call_of(task_, is_narrow_);
    if (original_.result() == -EINTR && call && may_begin_again(*call, task_))
      original_.begin_again(call->arguments[0]);
  }
#ifdef __aarch64__
  if (is_interrupted && waiting_ && has_rest(*waiting_) && original_.result() != -EINTR) original_.go_on_with_rest();
#endif
  const auto place = find_call_place(task_, original_);
  if (!place) {
    leave();
    return Hold::unable;
  }
  call_at_ = *place;
  return Hold::held;
}

std::optional<long> Held::call(const CallWords& words) {
  while (state_ == Hold::held) {
    Registers prepared = original_;
    prepared.prepare(words, call_at_);
    if (!prepared.write(task_)) {
      state_ = Hold::gone;
      return {};
    }
    let_go(task_, Way::to_next_call);
    const auto status = wait();
    if (!status) {
      give_up();
      return {};
    }
    switch (stop_of(*status)) {
      case Stop::call:
        return finish_call();
      case Stop::by_signal:
        if (!deliver(WSTOPSIG(*status))) return {};
        continue;
      case Stop::ended:
        state_ = Hold::gone;
        return {};
      default:
        continue;
    }
  }
  return {};
}

/// From the beginning of the call to its end, between which nothing comes.
std::optional<long> Held::finish_call() {
  let_go(task_, Way::to_next_call);
  int status = 0;
  pid_t got = 0;
  do got = waitpid(task_, &status, __WALL);
  while (got < 0 && errno == EINTR);
  Registers registers;
  if (got != task_ || stop_of(status) != Stop::call || !registers.read(task_)) {
    state_ = Hold::gone;
    return {};
  }
  const long result = registers.result();
  // Whenever we are killed from here on, it goes on as it was.
  original_.write(task_);
  return result;
}

/// As if it came now, before anything else: its handler begins where the thread was.
bool Held::deliver(int signal) {
  original_.write(task_);
  // Not a signal that came, but an answer to our call (prctl(2), PR_SET_SYSCALL_USER_DISPATCH).
  if (signal == SIGSYS) {
    let_go(task_, Way::leave);
    state_ = Hold::unable;
    return false;
  }
  interrupt(task_);
  let_go(task_, Way::run, signal);
  state_ = wait_until_stopped();
  return state_ == Hold::held;
}

/// It does not go on: its cgroup is frozen (cgroup.freeze). As soon as it does, it goes where it was.
void Held::give_up() {
  state_ = Hold::late;
  interrupt(task_);
  int status = 0;
  const auto last = Clock::now() + std::chrono::milliseconds(100);
  while (waitpid(task_, &status, __WALL) != task_)
    if (errno != EINTR || Clock::now() >= last) return;
  if (stop_of(status) == Stop::ended) return;
  original_.write(task_);
  let_go(task_, Way::leave);
}

void Held::leave() {
  original_.write(task_);
  let_go(task_, Way::leave);
}

}  // namespace cloexec::seal
