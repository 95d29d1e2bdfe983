// SPDX-License-Identifier: Apache-2.0

#include "trace/alarm.h"

#include <unistd.h>

#include <utility>

namespace cloexec::trace {
namespace {

void on_alarm(int) {}

}  // namespace

Alarm::Alarm() {
  struct sigaction action {};
  action.sa_handler = on_alarm;  // without SA_RESTART
  sigaction(SIGALRM, &action, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGALRM;
  event._sigev_un._tid = gettid();
  has_timer_ = timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
}

Alarm::~Alarm() {
  if (has_timer_) timer_delete(timer_);
}

void Alarm::repeat(std::chrono::milliseconds period) {
  if (!std::exchange(repeats_, true)) arm(period);
}

void Alarm::stop() {
  if (std::exchange(repeats_, false)) arm(std::chrono::milliseconds(0));
}

void Alarm::arm(std::chrono::milliseconds period) {
  if (!has_timer_) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(period);
  const timespec time{seconds.count(), std::chrono::nanoseconds(period - seconds).count()};
  const itimerspec setting{time, time};
  timer_settime(timer_, 0, &setting, nullptr);
}

}  // namespace cloexec::trace
