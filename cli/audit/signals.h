// SPDX-License-Identifier: Apache-2.0
//
// Who sends a signal to an audit means what is audited. Signals are noted as they come, and dealt with between two
// looks at the ring.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <csignal>
#include <set>

namespace cloexec::cli {

/// The first four ask to end, and a terminal sends the first two; programs give the others meanings of their own.
inline constexpr std::array passed_signals = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

class Signals {
 public:
  /// Takes those over that are not ignored. They are held back until start(), so that none comes when it is not known
  /// yet who it is for. SIGPIPE is ignored, and SIGCHLD is not, for who is ignored cannot be waited for (wait(2)).
  Signals();

  /// When there is nothing left to do but to write a report, a broken pipe may end it.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// In the child that becomes the command: all as the audit itself was started with.
  void restore() const;

  /// `command` is there now.
  void start(pid_t command);

  /// The command has ended.
  void end_command() { command_ = 0; }

  /// Passes on what has come. When the command has ended, to those that it has left behind; and those are told to end,
  /// too, when it was. Whether the audit itself is to end: it was interrupted with only such left.
  bool deal();

 private:
  void pass_to_rest(int signal);
  void stop_rest();

  using Clock = std::chrono::steady_clock;

  std::array<struct sigaction, passed_signals.size()> before_{};
  struct sigaction pipe_before_ {};
  struct sigaction child_before_ {};
  sigset_t mask_before_{};
  pid_t command_ = 0;
  bool is_stopping_ = false;
  Clock::time_point last_look_;
  std::set<pid_t> stopped_;
};

}  // namespace cloexec::cli
