// SPDX-License-Identifier: Apache-2.0

#include "cli/system/system.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <csignal>
#include <optional>
#include <system_error>

#include "cli/audit/progress.h"
#include "cli/message.h"
#include "cli/sources.h"
#include "cli/system/execs.h"
#include "cli/system/maker.h"
#include "trace/descendants.h"
#include "trace/proc.h"
#include "watch/watch.h"

namespace cloexec::cli {

namespace {

/// What ends the watch: a signal, or the time.
class End {
 public:
  explicit End(std::optional<double> seconds) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, &before_);
    signals_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (signals_ < 0 || timer_ < 0) throw std::system_error(errno, std::generic_category(), "no signal, no timer");
    if (!seconds) return;
    double whole = 0;
    const double rest = std::modf(*seconds, &whole);
    const itimerspec time{{}, {static_cast<time_t>(whole), static_cast<long>(rest * 1e9)}};
    timerfd_settime(timer_, 0, &time, nullptr);
  }
  /// Who has asked for the end may ask again, while the report is written.
  ~End() {
    signalfd_siginfo taken{};
    while (read(signals_, &taken, sizeof taken) > 0) continue;
    close(signals_);
    close(timer_);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  /// Waits for a moment, in milliseconds, or until `watch` has much to read. Whether it is over.
  bool wait(const watch::Watch& watch, int moment) const {
    std::array<pollfd, 3> all = {pollfd{signals_, POLLIN, 0}, {timer_, POLLIN, 0}, {watch.descriptor(), POLLIN, 0}};
    if (poll(all.data(), all.size(), moment) <= 0) return false;
    return (all[0].revents | all[1].revents) != 0;
  }

 private:
  sigset_t before_{};
  int signals_ = -1;
  int timer_ = -1;
};

/// What is watched alone; nothing where all is.
std::vector<int> chosen_by(const SystemOptions& options) {
  if (options.process == 0) return {};
  return trace::with_descendants(options.process);
}

}  // namespace

Report audit_system(const SystemOptions& options, const Settings& settings, std::size_t room) {
  const Policy policy = read_policy(settings);
  const std::vector<RuleSet> sets = policy.rule_sets();
  if (options.process != 0 && !trace::is_alive(options.process))
    throw UsageError(fmt::format("there is no process {}", options.process));
  std::optional<End> end(std::in_place, options.seconds);
  watch::Watch* watching = nullptr;
  Images images([&](int pid) { return watching->image_of(pid); });
  SystemExecs execs({policy.allowed, sets}, images, options.units);
  watch::Watch watch({room, chosen_by(options), options.names_makers},
                     [&](const watch::Exec& exec) { execs.take(exec); });
  // It takes a while until forks are noted, in which more may have been started; and what that starts may not have been
  // noted either.
  while (watch.follow(chosen_by(options))) continue;
  watching = &watch;
  images.take_stock();
  say("watching; Ctrl-C or SIGTERM ends it");
  // Who has made what is to be asked while it is there.
  const int moment = options.names_makers ? 2 : 20;
  Progress progress(16, "; Ctrl-C ends it");
  bool is_over = false;
  while (!is_over) {
    is_over = end->wait(watch, moment);
    watch.read();
    progress.show(execs.execs(), execs.leaks());
  }
  watch.stop();
  progress.clear();
  end.reset();
  Report report;
  report.lost = watch.lost() + execs.unknown();
  report.execs = execs.finish();
  if (options.names_makers) name_makers(report);
  return report;
}

}  // namespace cloexec::cli
