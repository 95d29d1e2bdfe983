// SPDX-License-Identifier: Apache-2.0
//
// Lets a system call of this thread fail with EINTR every now and then: waitpid(2) knows no other way.
#pragma once

#include <chrono>
#include <csignal>
#include <ctime>

namespace cloexec::trace {

class Alarm {
 public:
  /// For the thread that makes it. It handles SIGALRM from now on.
  Alarm();
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Every `period` from now on, as one that comes just before a call begins is lost to it. Does nothing when it goes
  /// on already.
  void repeat(std::chrono::milliseconds period);
  void stop();

 private:
  void arm(std::chrono::milliseconds period);

  timer_t timer_ = nullptr;
  bool has_timer_;
  bool repeats_ = false;
};

}  // namespace cloexec::trace
