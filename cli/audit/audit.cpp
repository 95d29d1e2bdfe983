// SPDX-License-Identifier: Apache-2.0
//
// `cloexec audit`: runs a program and all that it starts with a shim that records, and says which descriptors crossed
// an exec.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/audit/baseline.h"
#include "cli/audit/look.h"
#include "cli/audit/report.h"
#include "cli/audit/ring.h"
#include "cli/audit/tracker.h"
#include "cli/become.h"
#include "cli/commands.h"
#include "cli/find_shim.h"
#include "cli/message.h"
#include "cli/terminal.h"

namespace cloexec::cli {
namespace {

constexpr int leaked = 3;
constexpr std::uint32_t most_records = 1U << 22;

struct Options {
  Settings settings = settings_from_environment();
  std::string program;
  std::string format = "text";
  std::string output;
  std::string baseline;
  std::string new_baseline;
  bool fails_on_leak = false;
  bool enforces = false;
  std::uint32_t records = 32768;
};

volatile std::sig_atomic_t asked_to_end = 0;
volatile std::sig_atomic_t command_process = 0;

/// The first request to end is the command's; whoever asks again, or when that is over, means the audit itself.
void on_signal(int signal) {
  const bool is_over = command_process == 0 || kill(command_process, 0) != 0;
  // A terminal has told the command itself.
  if (signal != SIGINT && !is_over) kill(command_process, signal);
  if (is_over) asked_to_end = 1;
}

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaction(signal, &action, nullptr);
}

/// Shows on a terminal, and nowhere else, that something goes on.
class Progress {
 public:
  void show(const Tracker& tracker) {
    if (!is_terminal_ || ++polls_ % 20 != 0) return;
    fmt::print(stderr, "\r\033[K{} programs started, {} leaks so far", tracker.execs(), tracker.leaks());
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

/// Takes events in their order: what a slow writer is still about to say comes before what is already there.
class Collector {
 public:
  Collector(Ring& ring, Tracker& tracker) : ring_(ring), tracker_(tracker) {}

  void poll(bool is_over) {
    std::vector<Event> events = ring_.take();
    const auto middle = static_cast<std::ptrdiff_t>(waiting_.size());
    waiting_.insert(waiting_.end(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
    std::inplace_merge(waiting_.begin(), waiting_.begin() + middle, waiting_.end(),
                       [](const Event& a, const Event& b) { return a.ticket < b.ticket; });
    // Those that were there at the last poll are old enough.
    const auto ripe = is_over ? waiting_.end()
                              : std::partition_point(waiting_.begin(), waiting_.end(),
                                                     [this](const Event& event) { return event.ticket <= horizon_; });
    for (auto event = waiting_.begin(); event != ripe; ++event) tracker_.take(*event);
    waiting_.erase(waiting_.begin(), ripe);
    if (!waiting_.empty()) horizon_ = waiting_.back().ticket;
  }

 private:
  Ring& ring_;
  Tracker& tracker_;
  std::vector<Event> waiting_;
  std::uint64_t horizon_ = 0;
};

/// Reaps what has ended; whether processes of the audited tree are left.
bool reap(int command, int& status) {
  for (;;) {
    int one = 0;
    const pid_t ended = waitpid(-1, &one, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return true;
    if (ended < 0) return false;
    if (ended != command) continue;
    status = WIFSIGNALED(one) ? 128 + WTERMSIG(one) : WEXITSTATUS(one);
    command_process = 0;
  }
}

std::string formatted(const Report& report, const Options& options) {
  if (options.format == "json") return as_json(report);
  if (options.format == "html") return as_html(report);
  if (options.format == "sarif") return as_sarif(report);
  const bool is_to_terminal = options.output.empty() && isatty(STDOUT_FILENO) == 1;
  return as_text(report, width_of_output(100), is_to_terminal && wants_colours());
}

/// Whether it could be written. The program has run: what there is to say of it is not lost for a full disk.
bool write_to(const std::string& path, const std::string& text) {
  if (path.empty() || path == "-") {
    fmt::print("{}", text);
    return true;
  }
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (file) return true;
  const int error = errno;
  fmt::print("{}", text);
  fail(fmt::format("{} cannot be written: {}; its text is on standard output instead", path, std::strerror(error)));
  return false;
}

/// Before the program runs, lest its report has nowhere to go.
void require_writable(const std::string& path) {
  if (path.empty() || path == "-") return;
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);
  if (fd < 0) throw std::runtime_error(fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
  close(fd);
}

/// Runs the command to its end and the end of all that it started; its exit status.
int watch(const Options& options, const std::vector<std::string>& arguments, Report& report) {
  Settings settings = options.settings;
  Ring ring(options.records);
  settings.audit = Setting{"audit", ring.path()};
  settings.mode = Setting{"audit", report.mode};
  // What goes into the background stays ours to wait for.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  handle_signals();
  const pid_t command = fork();
  if (command < 0)
    throw std::runtime_error(fmt::format("no process for {}: {}", options.program, std::strerror(errno)));
  if (command == 0) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::signal(signal, SIG_DFL);
    std::_Exit(become(settings, options.program, arguments));
  }
  command_process = command;
  Tracker tracker(command, look_at);
  Collector collector(ring, tracker);
  Progress progress;
  int status = failed;
  constexpr timespec interval{0, 10'000'000};
  while (reap(command, status) && asked_to_end == 0) {
    collector.poll(false);
    progress.show(tracker);
    nanosleep(&interval, nullptr);
  }
  collector.poll(true);
  progress.clear();
  report.execs = tracker.finish();
  report.lost = ring.lost(true);
  return status;
}

int audit(const Options& options, const std::vector<std::string>& arguments) {
  if (refuse_malformed(options.settings, options.program)) return failed;
  // Before the program runs: what is wrong with it is said at once.
  const Baseline baseline = options.baseline.empty() ? Baseline() : Baseline::read(options.baseline);
  find_shim(true);
  require_writable(options.output);
  require_writable(options.new_baseline);
  Report report;
  report.mode = options.enforces ? "enforce" : "observe";
  report.command = arguments;
  report.command.insert(report.command.begin(), options.program);
  const int status = watch(options, arguments, report);
  const bool has_baseline = options.new_baseline.empty() || write_to(options.new_baseline, Baseline::of(report).text());
  baseline.apply(report, options.baseline);
  if (!write_to(options.output, formatted(report, options)) || !has_baseline) return failed;
  return options.fails_on_leak && summary_of(report).leaks > 0 ? leaked : status;
}

}  // namespace

void add_audit(CLI::App& app, Action& action, const std::vector<std::string>& arguments) {
  CLI::App* command = app.add_subcommand("audit", "Run a program and report the descriptors that crossed an exec");
  auto options = std::make_shared<Options>();
  add_options(*command, options->settings);
  command->remove_option(command->get_option("--mode"));
  command->add_option("--format", options->format, "How the report is written")
      ->type_name("text|json|html|sarif")
      ->check(CLI::IsMember({"text", "json", "html", "sarif"}).description(""));
  command->add_option("-o,--output", options->output, "Write the report to a file instead of standard output")
      ->type_name("FILE");
  command->add_flag("--fail-on-leak", options->fails_on_leak, "Exit status 3 when a descriptor leaked");
  command->add_option("--baseline", options->baseline, "Leaks that are accepted: they do not count as leaks")
      ->type_name("FILE");
  command
      ->add_option("--write-baseline", options->new_baseline, "Write all leaks of this run to a file, for --baseline")
      ->type_name("FILE");
  command->add_flag("--enforce", options->enforces,
                    "Force close-on-exec meanwhile, and report what crossed all the same");
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
      "Ends when the program and all that it started have ended; SIGINT or SIGTERM when only those are left ends it\n"
      "too. Exit status: the program's own; 3 with --fail-on-leak when a descriptor leaked; 125 when cloexec fails.");
  command->callback([=, &action, &arguments] {
    options->records = std::bit_ceil(options->records);
    action = [=, &arguments] { return audit(*options, arguments); };
  });
}

}  // namespace cloexec::cli
