// SPDX-License-Identifier: Apache-2.0
//
// `cloexec ps`: the inheritable descriptors of live processes, with or without the shim.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "cli/checks.h"
#include "cli/commands.h"
#include "cli/describe/users.h"
#include "cli/message.h"
#include "cli/pids.h"
#include "cli/ps/report.h"
#include "cli/ps/survey.h"
#include "cli/ps/threshold.h"
#include "cli/terminal.h"
#include "cli/text/output.h"

namespace cloexec::cli {
namespace {

struct Options {
  std::vector<std::string> pids;
  std::string units;
  std::string names;
  std::string user;
  std::string format;  // empty: text
  std::string output;
  std::optional<int> most;
  bool is_json = false;
  bool is_tree = false;
};

Selection selection_by(const Options& options) {
  Selection selection{options.units, options.names, {}};
  if (options.user.empty()) return selection;
  selection.user = number_of_user(options.user);
  if (!selection.user)
    throw UsageError(fmt::format("there is no user '{}' here; a number is taken as it is", options.user));
  return selection;
}

Request request_of(const Options& options) {
  Request request{pids_from(options.pids), selection_by(options), options.is_tree, true};
  if (!request.pids.empty() && !request.selection.is_everything())
    throw UsageError("--unit, --name and --user choose among all processes: leave the PIDs out, or them");
  if (options.is_tree && !options.format.empty() && options.format != "text")
    throw UsageError("--tree is text: leave --format out, or it");
  request.asks_for_targets = !options.is_tree && options.format != "prometheus";
  return request;
}

std::string formatted(const Listing& listing, const Options& options) {
  if (options.format == "json") return as_json(listing);
  if (options.format == "prometheus") return as_prometheus(listing);
  const bool is_to_terminal = options.output.empty() && isatty(STDOUT_FILENO) == 1;
  const bool with_colours = is_to_terminal && wants_colours();
  return options.is_tree ? as_tree(listing, with_colours) : as_text(listing, width_of_output(0), with_colours);
}

int list(Options options) {
  if (options.is_json && !options.format.empty() && options.format != "json")
    throw UsageError(fmt::format("--json is --format json, not --format {}", options.format));
  if (options.is_json) options.format = "json";
  const Request request = request_of(options);
  const Output output(options.output);
  bool is_failed = false;
  const Listing listing = survey(request, is_failed);
  const bool is_none = listing.processes.empty() && listing.unreadable.empty();
  if (is_none && request.pids.empty()) say("no process is what was asked for");
  if (!output.write(formatted(listing, options)) || is_failed) return failed;
  return options.most ? judge_by(static_cast<std::size_t>(*options.most), listing) : 0;
}

}  // namespace

void add_ps(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("ps", "Show the inheritable descriptors of live processes");
  auto options = std::make_shared<Options>();
  command->add_option("PID", options->pids, "Only of these; else of all processes that may be read");
  command->add_option("--unit", options->units, "Of systemd units, such as nginx or 'php*.service,cron'")
      ->type_name("GLOBS")
      ->check(something_named());
  command->add_option("--name", options->names, "Of programs by name, or by path when the glob has a /")
      ->type_name("GLOBS")
      ->check(something_named());
  command->add_option("--user", options->user, "Of the effective user, a name or a number")
      ->type_name("U")
      ->check(something_named());
  command->add_flag("--tree", options->is_tree,
                    "A line a process, below its parent; of a PID with all that it started");
  command->add_option("--format", options->format, "How it is written")
      ->type_name("text|json|prometheus")
      ->check(CLI::IsMember({"text", "json", "prometheus"}).description(""));
  command->add_flag("--json", options->is_json, "The same as --format json");
  command->add_option("-o,--output", options->output, "Write it to a file instead of standard output")
      ->type_name("FILE");
  command->add_option("--fail-above", options->most, "Exit status 3 when a process has more inheritable descriptors")
      ->type_name("N")
      ->check(CLI::Range(0, 1 << 30).description(""));
  command->footer(
      "Descriptors above 2 that the next exec would hand on, whether the shim is in the process or not.\n"
      "Exit status: 0; 3 with --fail-above when a process has more, 4 when none was seen to, but not all\n"
      "could be read or none was there; 125 when cloexec fails: also when a PID cannot be shown, after the others.");
  command->callback([=, &action] { action = [=] { return list(*options); }; });
}

}  // namespace cloexec::cli
