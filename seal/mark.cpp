// SPDX-License-Identifier: Apache-2.0

#include "seal/mark.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <thread>

#include "seal/held.h"

namespace cloexec::seal {
namespace {

using trace::CallWords;
using trace::InjectedCall;
using trace::Word;

/// The signals that may end the child: none, or SIGTERM, by which we let go of one that waits for the kernel. SIGALRM
/// it needs.
void block_signals(bool may_end) {
  sigset_t blocked;
  sigfillset(&blocked);
  sigdelset(&blocked, SIGALRM);
  if (may_end) sigdelset(&blocked, SIGTERM);
  sigprocmask(SIG_SETMASK, &blocked, nullptr);
}

/// close(2)d meanwhile is as good as marked.
bool is_well(long result) { return result >= 0 || result == -EBADF; }

bool is_unknown(long result) { return result == -ENOSYS || result == -EINVAL; }

class Work {
 public:
  Work(const std::vector<Numbers>& numbers, bool on, bool is_narrow, Clock::time_point end)
      : numbers_(numbers), on_(on), is_narrow_(is_narrow), end_(end) {}

  Marked by(const Candidate& candidate) {
    Held held(candidate.task, is_narrow_, end_);
    scope_ = candidate.is_filtered ? trace::Scope::unfiltered_task : trace::Scope::task;
    longest_ = {};
    const Hold hold = begin(held);
    if (hold == Hold::forbidden && candidate.is_filtered) return {Outcome::filtered};
    Marked marked{outcome_of(hold)};
    for (const Numbers& range : numbers_)
      if (held.state() != Hold::held || !set(held, range, marked)) break;
    if (held.state() == Hold::held) end(held);
    block_signals(true);
    marked.held = longest_;
    return marked;
  }

 private:
  static Outcome outcome_of(Hold hold) {
    switch (hold) {
      case Hold::held:
        return Outcome::done;
      case Hold::gone:
        return Outcome::gone;
      case Hold::forbidden:
        return Outcome::forbidden;
      case Hold::late:
        return Outcome::stuck;
      case Hold::unable:
        return Outcome::unable;
    }
    return Outcome::broken;
  }

  Hold begin(Held& held) {
    const Hold hold = held.hold(scope_);
    if (hold == Hold::held) block_signals(false);
    since_ = Clock::now();
    return hold;
  }

  void end(Held& held) {
    held.leave();
    longest_ = std::max(longest_, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - since_));
    block_signals(true);
  }

  /// Whether to go on.
  bool set(Held& held, const Numbers& range, Marked& marked) {
    if (on_ && range.last > range.first && knows_ranges_) {
      const auto result = call(held, marked,
                               {InjectedCall::close_range, static_cast<Word>(range.first),
                                static_cast<Word>(range.last), CLOSE_RANGE_CLOEXEC});
      if (!result) return false;
      knows_ranges_ = !is_unknown(*result);  // Linux 5.11
      if (is_well(*result)) return true;
    }
    for (int number = range.first; number <= range.last; ++number) {
      // Not FIOCLEX: what was opened by O_PATH knows no ioctl(2).
      const auto result =
          call(held, marked, {InjectedCall::fcntl, static_cast<Word>(number), F_SETFD, on_ ? Word{FD_CLOEXEC} : 0});
      if (!result) return false;
      if (!is_well(*result)) marked = {Outcome::refused, static_cast<int>(-*result), {}};
    }
    return true;
  }

  std::optional<long> call(Held& held, Marked& marked, const CallWords& words) {
    // Many calls are made in turns, so that the thread gets on with its work between.
    constexpr std::chrono::microseconds turn{500};
    if (Clock::now() - since_ > turn) {
      end(held);
      if (const Hold hold = begin(held); hold != Hold::held) {
        marked = {outcome_of(hold), 0, {}};
        return {};
      }
    }
    const auto result = held.call(words);
    if (!result) marked = {held.state() == Hold::late ? Outcome::frozen : outcome_of(held.state()), 0, {}};
    return result;
  }

  const std::vector<Numbers>& numbers_;
  bool on_;
  bool is_narrow_;
  Clock::time_point end_;
  bool knows_ranges_ = true;
  trace::Scope scope_ = trace::Scope::task;
  Clock::time_point since_;
  std::chrono::microseconds longest_{0};
};

bool is_final(Outcome outcome) {
  return outcome == Outcome::done || outcome == Outcome::refused || outcome == Outcome::stuck ||
         outcome == Outcome::frozen;
}

/// What keeps from holding this one now; `done` when nothing does.
Marked obstacle(const Candidate& candidate) {
  if (candidate.tracer != 0) return {Outcome::traced, candidate.tracer, {}};
  if (candidate.fitness == Fitness::noticed) return {Outcome::noticed, static_cast<int>(candidate.call), {}};
  if (candidate.fitness == Fitness::stuck) return {Outcome::stuck};
  return {Outcome::done};
}

/// Tries the fittest first. What is said in the end is of the fittest.
Marked try_all(const Sharers& sharers, Work& work, bool is_narrow) {
  Marked first{Outcome::gone};
  for (const Candidate& candidate : candidates_of(sharers, is_narrow)) {
    Marked marked = obstacle(candidate);
    if (marked.outcome == Outcome::done) marked = work.by(candidate);
    if (is_final(marked.outcome) && obstacle(candidate).outcome == Outcome::done) return marked;
    if (first.outcome == Outcome::gone) first = marked;
  }
  return first;
}

bool may_pass(Outcome outcome) { return outcome == Outcome::noticed || outcome == Outcome::stuck; }

Marked work_in_child(const Sharers& sharers, const std::vector<Numbers>& numbers, bool on, bool is_narrow,
                     std::chrono::milliseconds patience) {
  const auto end = Clock::now() + patience;
  Work work(numbers, on, is_narrow, end);
  auto pause = std::chrono::milliseconds(1);
  for (;;) {
    const Marked marked = try_all(sharers, work, is_narrow);
    if (!may_pass(marked.outcome) || Clock::now() + pause >= end) return marked;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(50));
  }
}

/// What the child says, or `broken`.
Marked hear(int from, pid_t child, std::chrono::milliseconds patience) {
  pollfd ready{from, POLLIN, 0};
  // Beyond its own patience only a call that waits in the kernel keeps it: an exec that does not end, in seize().
  const auto most = patience + std::chrono::seconds(2);
  int got = 0;
  do got = poll(&ready, 1, static_cast<int>(most.count()));
  while (got < 0 && errno == EINTR);
  if (got == 0) {
    kill(child, SIGTERM);
    return {Outcome::stuck};
  }
  Marked marked;
  const ssize_t size = read(from, &marked, sizeof marked);
  return size == sizeof marked ? marked : Marked{};
}

}  // namespace

Marked mark(const Sharers& sharers, const std::vector<Numbers>& numbers, bool on, bool is_narrow,
            std::chrono::milliseconds patience) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    block_signals(true);
    std::signal(SIGTERM, SIG_DFL);
    const Marked marked = work_in_child(sharers, numbers, on, is_narrow, patience);
    _exit(write(ends[1], &marked, sizeof marked) == sizeof marked ? 0 : 1);
  }
  close(ends[1]);
  const Marked marked = child > 0 ? hear(ends[0], child, patience) : Marked{};
  close(ends[0]);
  while (child > 0 && waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  return marked;
}

}  // namespace cloexec::seal
