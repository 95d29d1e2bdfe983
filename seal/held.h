// SPDX-License-Identifier: Apache-2.0
//
// A thread of a live process that is held for a moment, to make system calls in its name, and then goes on as if
// nothing had happened. Nothing is written to its memory. Signals that come meanwhile are delivered first, where they
// would have come.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "seal/waits.h"
#include "trace/alarm.h"
#include "trace/call_place.h"
#include "trace/machine.h"
#include "trace/tracee.h"

namespace cloexec::seal {

using Clock = std::chrono::steady_clock;

enum class Hold {
  held,
  gone,       // it has ended, or another thread of its process has exec'd
  forbidden,  // the kernel does not allow to trace it
  late,       // it has not stopped in time: it waits where nothing interrupts it
  unable,     // of an architecture that is not known, or without an instruction that makes a system call
};

class Held {
 public:
  /// It is not waited for after `end`. The calling process must have no other tracee, and one thread.
  Held(pid_t task, bool is_narrow, Clock::time_point end);
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  /// Stops it. What is not held then must not be waited for: it is let go when the calling process ends.
  Hold hold(trace::Scope scope);

  /// What the call gives: negative is an errno. Nothing when it could not be made; then state() says why, and it is not
  /// held any more.
  std::optional<long> call(const trace::CallWords& words);

  /// What has become of it.
  Hold state() const { return state_; }

  /// Lets it go, as it was.
  void leave();

 private:
  std::optional<int> wait() const;
  Hold wait_until_stopped();
  Hold settle(bool is_interrupted);
  bool is_in_restartable_sequence() const;
  std::optional<long> finish_call();
  bool deliver(int signal);
  void give_up();

  pid_t task_;
  bool is_narrow_;
  Clock::time_point end_;
  trace::Alarm alarm_;
  Hold state_ = Hold::gone;
  std::optional<WaitingCall> waiting_;
  trace::Registers original_;
  trace::Word call_at_ = 0;
};

}  // namespace cloexec::seal
