// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/signals.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/proc_folder.h"

namespace cloexec::cli {
namespace {

constexpr std::size_t count = passed_signals.size();

/// What has come of each since it was last asked.
enum Origin : std::sig_atomic_t { nobody, terminal, process };
std::array<volatile std::sig_atomic_t, count> received{};

void note(int signal, siginfo_t* info, void*) {
  for (std::size_t i = 0; i < count; ++i)
    // A terminal, which is the kernel, tells the whole process group at once (termios(3)).
    if (passed_signals[i] == signal) received[i] = info->si_code == SI_KERNEL ? terminal : process;
}

/// The processes whose parent this one is: it is the subreaper of all that the command starts (PR_SET_CHILD_SUBREAPER).
/// In /proc/PID/stat the parent stands behind the last parenthesis and the state (proc(5)).
std::vector<pid_t> own_children() {
  std::vector<pid_t> children;
  const ProcFolder processes("/proc");
  for (const int pid : processes.numbers()) {
    try {
      const std::string stat = ProcFolder(processes, fmt::to_string(pid)).content("stat");
      const std::size_t at = std::min(stat.rfind(')'), stat.size() - 4) + 4;
      pid_t parent = 0;
      std::from_chars(stat.data() + at, stat.data() + stat.size(), parent);
      if (parent == getpid()) children.push_back(pid);
    } catch (const std::system_error&) {
      continue;  // it has ended
    }
  }
  return children;
}

}  // namespace

Signals::Signals() {
  sigset_t held;
  sigemptyset(&held);
  for (const int signal : passed_signals) sigaddset(&held, signal);
  sigprocmask(SIG_BLOCK, &held, &mask_before_);
  struct sigaction action {};
  action.sa_sigaction = note;
  action.sa_flags = SA_SIGINFO;
  for (std::size_t i = 0; i < count; ++i) {
    sigaction(passed_signals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) sigaction(passed_signals[i], &action, nullptr);
  }
  action.sa_handler = SIG_IGN;
  action.sa_flags = 0;
  sigaction(SIGPIPE, &action, &pipe_before_);
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, &child_before_);
}

Signals::~Signals() { sigaction(SIGPIPE, &pipe_before_, nullptr); }

void Signals::restore() const {
  for (std::size_t i = 0; i < count; ++i) sigaction(passed_signals[i], &before_[i], nullptr);
  sigaction(SIGPIPE, &pipe_before_, nullptr);
  sigaction(SIGCHLD, &child_before_, nullptr);
  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

void Signals::start(pid_t command) {
  command_ = command;
  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

bool Signals::deal() {
  for (std::size_t i = 0; i < count; ++i) {
    const int signal = passed_signals[i];
    const std::sig_atomic_t origin = received[i];
    received[i] = nobody;
    if (origin == nobody) continue;
    if (command_ == 0 && signal == SIGINT) return true;
    is_stopping_ = is_stopping_ || signal == SIGTERM;
    if (origin == terminal) continue;
    if (command_ != 0)
      kill(command_, signal);
    else if (signal != SIGTERM)
      pass_to_rest(signal);
  }
  if (command_ == 0 && is_stopping_) stop_rest();
  return false;
}

void Signals::pass_to_rest(int signal) {
  for (const pid_t child : own_children()) kill(child, signal);
}

/// Each once: those that end leave others behind.
void Signals::stop_rest() {
  constexpr std::chrono::milliseconds interval{50};
  if (Clock::now() < last_look_ + interval) return;
  last_look_ = Clock::now();
  for (const pid_t child : own_children())
    if (stopped_.insert(child).second) kill(child, SIGTERM);
}

}  // namespace cloexec::cli
