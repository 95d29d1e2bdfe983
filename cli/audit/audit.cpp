// SPDX-License-Identifier: Apache-2.0
//
// `cloexec audit`: runs a program and all that it starts with a shim that records, and says which descriptors crossed
// an exec.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <set>

#include "cli/audit/baseline.h"
#include "cli/audit/collector.h"
#include "cli/audit/door.h"
#include "cli/audit/join.h"
#include "cli/audit/look.h"
#include "cli/audit/needs.h"
#include "cli/audit/obstacle.h"
#include "cli/audit/report.h"
#include "cli/audit/ring.h"
#include "cli/audit/sighting.h"
#include "cli/audit/signals.h"
#include "cli/audit/source_root.h"
#include "cli/audit/tracker.h"
#include "cli/audit/verdict.h"
#include "cli/become.h"
#include "cli/commands.h"
#include "cli/doctor/locate.h"
#include "cli/find_shim.h"
#include "cli/message.h"
#include "cli/stacks/resolve.h"
#include "cli/supervision/supervision.h"
#include "cli/terminal.h"
#include "cli/text/output.h"

namespace cloexec::cli {
namespace {

constexpr int leaked = 3;
constexpr int not_all_seen = 4;
constexpr std::uint32_t most_records = 1U << 22;

struct Options {
  Settings settings = settings_from_environment();
  std::string program;
  std::string format = "text";
  std::string output;
  std::string baseline;
  std::string new_baseline;
  std::string source_root;
  bool fails_on_leak = false;
  bool enforces = false;
  bool with_stacks = false;
  bool is_unsupervised = false;
  Supervision supervision;
  std::uint32_t records = 32768;
};

/// Shows on a terminal, and nowhere else, that something goes on.
class Progress {
 public:
  void show(const Tracker& tracker) {
    if (!is_terminal_ || ++polls_ % 128 != 0) return;
    fmt::print(stderr, "\r\033[K{}, {} so far", counted(tracker.execs(), "program started", "programs started"),
               counted(tracker.leaks(), "leak", "leaks"));
    std::fflush(stderr);
    is_shown_ = true;
  }

  void clear() const {
    if (is_shown_) fmt::print(stderr, "\r\033[K");
  }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  bool is_shown_ = false;
  unsigned polls_ = 0;
};

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

std::string formatted(const Report& report, const Options& options) {
  if (options.format == "json") return as_json(report);
  if (options.format == "html") return as_html(report);
  if (options.format == "sarif") return as_sarif(report);
  if (options.format == "junit") return as_junit(report);
  const bool is_to_terminal = options.output.empty() && isatty(STDOUT_FILENO) == 1;
  return as_text(report, width_of_output(100), is_to_terminal && wants_colours());
}

/// By these systemd tells a program that what is in its environment is meant for it, and not for its children
/// (sd_listen_fds(3), sd_watchdog_enabled(3), systemd.exec(5)): here it is the child's.
void take_over_process_variables(pid_t parent) {
  for (const char* name : {"LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"})
    if (const char* value = std::getenv(name); value != nullptr && value == std::to_string(parent))
      setenv(name, std::to_string(getpid()).c_str(), 1);
}

/// A child that becomes the command. What it writes to `trouble` is that it could not.
pid_t start(const Settings& settings, const Options& options, const std::vector<std::string>& arguments,
            const Signals& signals, const Sightings& sightings, int trouble) {
  const pid_t parent = getpid();
  const pid_t command = fork();
  if (command < 0)
    throw std::runtime_error(fmt::format("no process for {}: {}", options.program, std::strerror(errno)));
  if (command > 0) return command;
  signals.restore();
  take_over_process_variables(parent);
  if (!options.is_unsupervised) begin_watch(settings, options.supervision, sightings.pipe());
  const int status = become(settings, options.program, arguments);
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
void warn_of_obstacle(const Options& options) {
  const std::string obstacle = obstacle_in_file(options.program, true);
  if (obstacle.empty()) return;
  fail(fmt::format("{} is {}: the shim cannot enter it, and {}", options.program, words_for_obstacle(obstacle),
                   options.is_unsupervised ? "what it does is not seen"
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
bool watch(const Options& options, const std::vector<std::string>& arguments, Report& report, int& status) {
  Settings settings = options.settings;
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
  const pid_t command = start(settings, options, arguments, signals, sightings, trouble[1]);
  signals.start(command);
  // Who reads late loses records: before the programs that write them, where that is allowed (setpriority(2)).
  setpriority(PRIO_PROCESS, 0, -10);
  Tracker tracker(command, look_at_processes());
  Collector collector(ring, tracker);
  Progress progress;
  status = failed;
  constexpr std::chrono::milliseconds interval{2};
  while (reap(command, signals, status) && !signals.deal()) {
    const bool is_behind = collector.step();
    sightings.read();
    door.serve(is_behind ? std::chrono::milliseconds(0) : interval);
    progress.show(tracker);
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

int audit(const Options& options, const std::vector<std::string>& arguments) {
  if (refuse_malformed(options.settings, options.program)) return failed;
  // Before the program runs: what is wrong with it is said at once.
  const Baseline baseline = options.baseline.empty() ? Baseline() : Baseline::read(options.baseline);
  find_shim(true);
  const Output output(options.output);
  const std::optional<Output> new_baseline =
      options.new_baseline.empty() ? std::nullopt : std::optional<Output>(options.new_baseline);
  if (const int status = refuse_missing(options.program); status != 0) return status;
  Report report;
  if (!options.source_root.empty()) report.source_root = source_root_at(options.source_root);
  report.mode = options.enforces ? "enforce" : "observe";
  report.command = arguments;
  report.command.insert(report.command.begin(), options.program);
  warn_of_obstacle(options);
  int status = failed;
  // What is in the files was true of a program that ran.
  if (!watch(options, arguments, report, status)) return status;
  if (const std::size_t failures = resolve_calls(report, options.with_stacks); failures > 0)
    fail(fmt::format("libdw has crashed: who made {} is known by module and offset alone",
                     failures == 1 ? "one descriptor" : fmt::format("{} descriptors", failures)));
  find_remedies(report);
  report = relative(std::move(report));
  baseline.apply(report);
  const bool has_baseline = !new_baseline || new_baseline->write(baseline.renewed(report));
  if (!output.write(formatted(report, options)) || !has_baseline) return failed;
  const bool has_leaks = summary_of(report).leaks > 0;
  // Also for who has only the exit status and a log.
  if (options.fails_on_leak || !output.is_standard() || !is_whole(report)) say(verdict_on(report));
  if (!options.fails_on_leak) return status;
  return has_leaks ? leaked : is_whole(report) ? status : not_all_seen;
}

}  // namespace

void add_audit(CLI::App& app, Action& action, const std::vector<std::string>& arguments) {
  CLI::App* command = app.add_subcommand("audit", "Run a program and report the descriptors that crossed an exec");
  auto options = std::make_shared<Options>();
  add_options(*command, options->settings);
  command->remove_option(command->get_option("--mode"));
  command->add_option("--format", options->format, "How the report is written")
      ->type_name("text|json|html|sarif|junit")
      ->check(CLI::IsMember({"text", "json", "html", "sarif", "junit"}).description(""));
  command->add_option("-o,--output", options->output, "Write the report to a file instead of standard output")
      ->type_name("FILE");
  command->add_flag("--fail-on-leak", options->fails_on_leak,
                    "Exit status 3 when a descriptor leaked, 4 when none was seen to, but not\nall could be seen");
  command->add_option("--baseline", options->baseline, "Leaks that are accepted: they do not count as leaks")
      ->type_name("FILE");
  command
      ->add_option("--write-baseline", options->new_baseline, "Write all leaks of this run to a file, for --baseline")
      ->type_name("FILE");
  command->add_option("--source-root", options->source_root, "Write paths below this folder relative to it")
      ->type_name("DIR");
  command->add_flag("--enforce", options->enforces,
                    "Force close-on-exec meanwhile: report what crossed all the same, what was\nwithheld, and which "
                    "program needed it");
  command->add_flag("--stacks", options->with_stacks,
                    "Report all calls that led to each descriptor, not the last alone");
  command->add_flag("--no-supervise", options->is_unsupervised,
                    "Do not trace the programs: what the shim cannot enter is not seen");
  add_options(*command, options->supervision);
  command
      ->add_option("--records", options->records,
                   fmt::format("Room for so many records at a time, at most {}", most_records))
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1U, most_records).description(""));
  command->add_option("PROGRAM", options->program, "The program; what follows are its arguments")
      ->type_name(takes_arguments)
      ->required();
  command->footer(
      "Ends when the program and all that it started have ended. SIGTERM is theirs, as are other signals; when\n"
      "others than the program are left, SIGINT ends the audit alone. Exit status: the program's own; 3 or 4 with\n"
      "--fail-on-leak; 125 when cloexec fails. A line on standard error says what came of it when the report goes\n"
      "to a file, with --fail-on-leak, and when not all was seen.");
  command->callback([=, &action, &arguments] {
    options->records = std::bit_ceil(options->records);
    action = [=, &arguments] { return audit(*options, arguments); };
  });
}

}  // namespace cloexec::cli
