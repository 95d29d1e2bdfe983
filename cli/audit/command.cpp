// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>

#include "cli/audit/collector.h"
#include "cli/audit/door.h"
#include "cli/audit/join.h"
#include "cli/audit/look.h"
#include "cli/audit/needs.h"
#include "cli/audit/obstacle.h"
#include "cli/audit/progress.h"
#include "cli/audit/ring.h"
#include "cli/audit/sighting.h"
#include "cli/audit/signals.h"
#include "cli/audit/tracker.h"
#include "cli/audit/verdict.h"
#include "cli/become.h"
#include "cli/doctor/locate.h"
#include "cli/find_shim.h"
#include "cli/message.h"
#include "cli/stacks/resolve.h"

namespace cloexec::cli {
namespace {

/// Reaps what has ended; whether processes of the audited tree are left.
bool reap(int command, Signals& signals, int& status) {
  for (;;) {
    int one = 0;
    const pid_t ended = waitpid(-1, &one, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return true;
    if (ended < 0) return false;
    if (ended != command) continue;
    status = WIFSIGNALED(one) ? 128 + WTERMSIG(one) : WEXITSTATUS(one);
    signals.end_command();
  }
}

/// By these systemd tells a program that what is in its environment is meant for it, and not for its children
/// (sd_listen_fds(3), sd_watchdog_enabled(3), systemd.exec(5)): here it is the child's.
void take_over_process_variables(pid_t parent) {
  for (const char* name : {"LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"})
    if (const char* value = std::getenv(name); value != nullptr && value == std::to_string(parent))
      setenv(name, std::to_string(getpid()).c_str(), 1);
}

/// A child that becomes the command. What it writes to `trouble` is that it could not.
pid_t start(const Settings& settings, const CommandOptions& options, const std::vector<std::string>& words,
            const Signals& signals, const Sightings& sightings, int trouble) {
  const pid_t parent = getpid();
  const pid_t command = fork();
  if (command < 0) throw std::runtime_error(fmt::format("no process for {}: {}", words[0], std::strerror(errno)));
  if (command > 0) return command;
  signals.restore();
  take_over_process_variables(parent);
  if (!options.is_unsupervised) begin_watch(settings, options.supervision, sightings.pipe());
  const int status = become(settings, words[0], {words.begin() + 1, words.end()});
  std::_Exit(write(trouble, "", 1) == 1 ? status : failed);
}

/// The command itself has said nothing: it came first.
void add_unseen_command(Report& report, pid_t command) {
  Exec exec;
  exec.pid = command;
  exec.ppid = getpid();
  exec.program = find_program(report.command[0]).path;
  exec.argv0 = report.command[0];
  exec.has_shim = false;
  exec.obstacle = obstacle_in_file(report.command[0], true);
  report.execs.insert(report.execs.begin(), std::move(exec));
}

/// Before it runs, for who waits for it in vain.
void warn_of_obstacle(const std::string& program, bool is_unsupervised) {
  const std::string obstacle = obstacle_in_file(program, true);
  if (obstacle.empty()) return;
  fail(fmt::format("{} is {}: the shim cannot enter it, and {}", program, words_for_obstacle(obstacle),
                   is_unsupervised ? "what it does is not seen"
                                   : "what crosses its execs is seen from outside, but not who made it"),
       "`cloexec doctor` says more; programs that it starts are seen where the shim can enter them");
}

/// Once each.
void warn_of_weakened(const std::vector<Sighting>& seen) {
  std::set<std::string> known;
  for (const Sighting& one : seen)
    if (one.is_weakened && known.insert(one.exec.program).second)
      fail(fmt::format("{} ran without the rights that its file gives: the kernel drops them for a program that an "
                       "ordinary user traces",
                       one.exec.program),
           "--no-supervise leaves them");
}

/// All that is known of all programs that were started.
std::vector<Exec> execs_of(Tracker& tracker, Sightings& sightings) {
  sightings.read();
  std::vector<Sighting> seen = sightings.take();
  warn_of_weakened(seen);
  return joined(tracker.finish(), std::move(seen));
}

/// Runs the command to its end and the end of all that it started; its exit status. Whether it was started at all.
bool watch(const CommandOptions& options, Settings settings, Report& report, int& status) {
  Signals signals;
  Ring ring(options.records, options.with_stacks);
  const Door door(ring);
  settings.audit = Setting{"audit", ring.path()};
  settings.mode = Setting{"audit", report.mode};
  // What goes into the background stays ours to wait for.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::array<int, 2> trouble{};
  if (pipe2(trouble.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw std::runtime_error(fmt::format("no pipe: {}", std::strerror(errno)));
  Sightings sightings;
  const pid_t command = start(settings, options, report.command, signals, sightings, trouble[1]);
  signals.start(command);
  // Who reads late loses records: before the programs that write them, where that is allowed (setpriority(2)).
  setpriority(PRIO_PROCESS, 0, -10);
  Tracker tracker(command, look_at_processes());
  Collector collector(ring, tracker);
  Progress progress(128);
  status = failed;
  constexpr std::chrono::milliseconds interval{2};
  while (reap(command, signals, status) && !signals.deal()) {
    const bool is_behind = collector.step();
    sightings.read();
    door.serve(is_behind ? std::chrono::milliseconds(0) : interval);
    progress.show(tracker.execs(), tracker.leaks());
  }
  collector.finish();
  progress.clear();
  report.execs = execs_of(tracker, sightings);
  report.unwatched = sightings.refusal();
  report.lost = ring.lost(true);
  report.lost_stacks = ring.lost_stacks();
  char none = 0;
  const bool is_started = read(trouble[0], &none, 1) != 1;
  for (const int fd : trouble) close(fd);
  const bool is_known =
      std::any_of(report.execs.begin(), report.execs.end(), [=](const Exec& exec) { return exec.pid == command; });
  if (is_started && !is_known) add_unseen_command(report, command);
  find_obstacles(report);
  return is_started;
}

/// Says so when the program cannot be executed, with the exit status for that; 0 when it can.
int refuse_missing(const std::string& program) {
  const int error = find_program(program).obstacle;
  if (error == 0) return 0;
  fail(fmt::format("{}: {}", program, std::strerror(error)));
  return error == ENOENT ? 127 : 126;
}

}  // namespace

int audit_command(const CommandOptions& options, const Settings& settings, Report& report, int& status) {
  find_shim(true);
  const std::string& program = report.command[0];
  if (const int missing = refuse_missing(program); missing != 0) return missing;
  report.mode = options.enforces ? "enforce" : "observe";
  warn_of_obstacle(program, options.is_unsupervised);
  // What is in the files was true of a program that ran.
  if (!watch(options, settings, report, status)) return status;
  if (const std::size_t failures = resolve_calls(report, options.with_stacks); failures > 0)
    fail(fmt::format("libdw has crashed: who made {} is known by module and offset alone",
                     failures == 1 ? "one descriptor" : fmt::format("{} descriptors", failures)));
  find_remedies(report);
  return 0;
}

}  // namespace cloexec::cli
