// SPDX-License-Identifier: Apache-2.0
//
// `cloexec audit`: says which descriptors crossed an exec, of a program and all that it starts, or of the whole
// machine.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <optional>

#include "cli/audit/baseline.h"
#include "cli/audit/command.h"
#include "cli/audit/report.h"
#include "cli/audit/source_root.h"
#include "cli/audit/verdict.h"
#include "cli/become.h"
#include "cli/checks.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/system/system.h"
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
  CommandOptions command;
  bool is_of_system = false;
  SystemOptions system;
};

std::string formatted(const Report& report, const Options& options) {
  if (options.format == "json") return as_json(report);
  if (options.format == "html") return as_html(report);
  if (options.format == "sarif") return as_sarif(report);
  if (options.format == "junit") return as_junit(report);
  const bool is_to_terminal = options.output.empty() && isatty(STDOUT_FILENO) == 1;
  return as_text(report, width_of_output(100), is_to_terminal && wants_colours());
}

int audit_program(const Options& options, const std::vector<std::string>& arguments, Report& report, int& status) {
  report.command = arguments;
  report.command.insert(report.command.begin(), options.program);
  return audit_command(options.command, options.settings, report, status);
}

void watch_system(const Options& options, Report& report) {
  constexpr std::size_t bytes_of_record = 512;
  constexpr std::size_t least = 1 << 16;
  report.command = {"cloexec", "audit", "--system"};
  report.mode = "system";
  const SystemOptions& system = options.system;
  if (!system.units.empty()) report.command.insert(report.command.end(), {"--unit", system.units});
  if (system.names_makers) report.command.emplace_back("--who");
  if (system.process != 0) report.command.insert(report.command.end(), {"--pid", std::to_string(system.process)});
  Report seen = audit_system(system, options.settings, std::max(least, options.command.records * bytes_of_record));
  report.execs = std::move(seen.execs);
  report.lost = seen.lost;
}

int audit(const Options& options, const std::vector<std::string>& arguments) {
  if (refuse_malformed(options.settings, options.program)) return failed;
  // Before the program runs: what is wrong with it is said at once.
  const Baseline baseline = options.baseline.empty() ? Baseline() : Baseline::read(options.baseline);
  const Output output(options.output);
  const std::optional<Output> new_baseline =
      options.new_baseline.empty() ? std::nullopt : std::optional<Output>(options.new_baseline);
  Report report;
  if (!options.source_root.empty()) report.source_root = source_root_at(options.source_root);
  int status = 0;
  if (options.is_of_system)
    watch_system(options, report);
  else if (const int missing = audit_program(options, arguments, report, status); missing != 0)
    return missing;
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

/// Which options go with which way to audit.
void refuse_confusion(const CLI::App& command, const Options& options) {
  const auto refuse = [&](bool of_system, std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (command.count(name) > 0)
        throw UsageError(of_system ? fmt::format("{} goes with --system alone", name)
                                   : fmt::format("{} does not go with --system: it takes the shim", name));
  };
  if (options.is_of_system) {
    if (command.count("PROGRAM") > 0)
      throw UsageError("--system starts no PROGRAM: it watches all that start by themselves");
    refuse(false, {"--enforce", "--stacks", "--no-propagate"});
  } else {
    refuse(true, {"--for", "--unit", "--pid", "--who"});
  }
}

void add_system_options(CLI::App& command, CLI::Option& program, const std::shared_ptr<Options>& options) {
  command.add_flag_callback(
      "--system",
      [options, &program] {
        options->is_of_system = true;
        program.required(false);
      },
      "Instead of a program: watch all that this machine starts, by eBPF, until\nCtrl-C, as root");
  SystemOptions& system = options->system;
  command.add_flag(
      "--who", system.names_makers,
      "With --system: name the functions that made what crossed, at the cost of\na look at each system call");
  command.add_option("--for", system.seconds, "With --system: for so long")
      ->type_name("SECONDS")
      ->check(seconds_between(0.001, 365 * 24 * 3600));
  command.add_option("--unit", system.units, "With --system: only of these units; a list of globs")
      ->type_name("UNIT")
      ->check(something_named());
  command.add_option("--pid", system.process, "With --system: only of this process and what it starts")
      ->type_name("PID")
      ->check(CLI::Range(1, std::numeric_limits<int>::max()).description(""));
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
  command->add_flag("--enforce", options->command.enforces,
                    "Force close-on-exec meanwhile: report what crossed all the same, what was\nwithheld, and which "
                    "program needed it");
  command->add_flag("--stacks", options->command.with_stacks,
                    "Report all calls that led to each descriptor, not the last alone");
  command->add_flag("--no-supervise", options->command.is_unsupervised,
                    "Do not trace the programs: what the shim cannot enter is not seen");
  add_options(*command, options->command.supervision);
  command
      ->add_option("--records", options->command.records,
                   fmt::format("Room for so many records at a time, at most {}", most_records))
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1U, most_records).description(""));
  CLI::Option* const program =
      command->add_option("PROGRAM", options->program, "The program; what follows are its arguments")
          ->type_name(takes_arguments)
          ->required();
  add_system_options(*command, *program, options);
  command->footer(
      "Ends when the program and all that it started have ended. SIGTERM is theirs, as are other signals; when\n"
      "others than the program are left, SIGINT ends the audit alone. Exit status: the program's own; 3 or 4 with\n"
      "--fail-on-leak; 125 when cloexec fails. A line on standard error says what came of it when the report goes\n"
      "to a file, with --fail-on-leak, and when not all was seen.");
  command->callback([=, &action, &arguments] {
    refuse_confusion(*command, *options);
    options->command.records = std::bit_ceil(options->command.records);
    action = [=, &arguments] { return audit(*options, arguments); };
  });
}

}  // namespace cloexec::cli
