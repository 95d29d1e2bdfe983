// SPDX-License-Identifier: Apache-2.0
//
// `cloexec seal`: makes the inheritable descriptors of live processes close-on-exec.

#include "seal/seal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <system_error>

#include "cli/checks.h"
#include "cli/commands.h"
#include "cli/describe/description.h"
#include "cli/describe/sockets.h"
#include "cli/message.h"
#include "cli/pids.h"
#include "cli/ps/process.h"
#include "cli/seal/problem.h"
#include "cli/seal/report.h"
#include "cli/sources.h"
#include "cli/terminal.h"
#include "trace/descendants.h"
#include "trace/proc.h"

namespace cloexec::cli {
namespace {

/// Something that was to be sealed is inheritable still.
constexpr int partly = 3;

struct Arguments {
  std::vector<std::string> pids;
  std::optional<std::string> numbers;
  bool only_looks = false;
  bool with_children = false;
  bool undoes = false;
  double patience = 2;  // seconds
  std::string format = "text";
  Settings settings = settings_from_environment();
};

/// What is known of a process before it is touched.
struct Known {
  std::string comm;
  std::string exe;
  std::map<std::string, Description> descriptions;  // by link
};

class Describer {
 public:
  Known look_at(int pid) {
    const ProcFolder folder = open_process(pid);
    const Process process = read_process(pid, folder);
    Known known{process.comm, process.exe, {}};
    for (const OpenDescriptor& one : process.descriptors) {
      Description description = describe_link(one.link, one.mode);
      if (const std::uint64_t inode = socket_inode(one.link); inode != 0 && one.is_inheritable) {
        if (networks_.insert(process.network).second) add_network(folder);
        const std::string text = sockets_.find(inode);
        description.target = fmt::format("{} {}", text.empty() ? one.protocol : text, one.link);
      }
      // Of what is marked no more than the link was read.
      if (one.is_inheritable)
        known.descriptions.insert_or_assign(one.link, std::move(description));
      else
        known.descriptions.emplace(one.link, std::move(description));
    }
    return known;
  }

 private:
  void add_network(const ProcFolder& folder) {
    try {
      sockets_.add(ProcFolder(folder, "net"));
    } catch (const std::system_error&) {
      // Ended meanwhile: its sockets are told without their addresses.
    }
  }

  std::set<std::string> networks_;  // whose sockets are known
  Sockets sockets_;
};

const char* name_of(seal::State state, bool undoes) {
  switch (state) {
    case seal::State::open:
      return undoes ? "close-on-exec" : "inheritable";
    case seal::State::sealed:
      return "sealed";
    case seal::State::unsealed:
      return "unsealed";
    case seal::State::kept:
      return "kept";
    case seal::State::left:
      return "left";
    case seal::State::later:
      return "later";
  }
  return "";
}

class Sealing {
 public:
  Sealing(const Arguments& arguments, const seal::Options& options) : arguments_(arguments), options_(options) {}

  /// Children after their parents: those that are made once these are sealed get what is sealed.
  void take(int pid) {
    take_one(pid, true);
    if (!arguments_.with_children) return;
    constexpr unsigned most_rounds = 4;
    for (unsigned round = 0; round < most_rounds; ++round) {
      const std::size_t before = seen_.size();
      for (const pid_t one : trace::with_descendants(pid))
        if (one != getpid()) take_one(one, false);
      if (seen_.size() == before) return;
    }
  }

  int finish() const {
    const bool is_terminal = isatty(STDOUT_FILENO) == 1;
    fmt::print("{}", arguments_.format == "json"
                         ? as_json(processes_)
                         : as_text(processes_, arguments_.undoes, width_of_output(0), is_terminal && wants_colours()));
    return status_;
  }

 private:
  /// Of one that was not named it is no failure when it has ended.
  void take_one(int pid, bool is_named) {
    if (!seen_.insert(pid).second) return;
    try {
      if (pid == getpid()) return refuse(pid, {}, "is cloexec itself", "");
      const pid_t leader = trace::number_in_status(pid, "Tgid");
      if (leader != 0 && leader != pid)
        return refuse(pid, {}, fmt::format("is a thread of process {}", leader), "name the process");
      const Known known = describer_.look_at(pid);
      const seal::Result result = seal::seal(pid, options_);
      if (is_named || trace::is_alive(pid)) note(known, result);
    } catch (const Unreadable& problem) {
      const bool has_ended = problem.why == Obstacle::gone || problem.why == Obstacle::ended;
      if (is_named || !has_ended) complain(pid, problem);
    }
  }

  void note(const Known& known, const seal::Result& result) {
    SealedProcess& process = processes_.emplace_back();
    process.pid = result.process;
    process.comm = known.comm;
    process.exe = known.exe;
    process.held_us = result.held.count();
    for (const seal::Descriptor& one : result.descriptors) {
      const auto found = known.descriptions.find(one.link);
      const Description description = found != known.descriptions.end() ? found->second : describe_link(one.link, 0);
      process.fds.push_back(
          {one.fd, description.object, description.target, name_of(one.state, arguments_.undoes), reason(one)});
    }
    if (!result.is_readable) return complain(result.process, {Obstacle::gone, known.comm});
    judge(process, result);
  }

  void judge(SealedProcess& process, const seal::Result& result) {
    const bool has_left = result.count(seal::State::left) > 0;
    if (result.worst.outcome != seal::Outcome::done && has_left) {
      const SealProblem problem = describe(result.worst, result.process);
      process.problem = problem.what;
      const bool is_begun = result.count(seal::State::sealed) + result.count(seal::State::unsealed) > 0;
      refuse(result.process, process.comm, problem.what, problem.hint, is_begun ? partly : failed);
    } else if (has_left || result.count(seal::State::later) > 0) {
      refuse(result.process, process.comm, "goes on making inheritable descriptors",
             "from a restart on, by `cloexec run` or `cloexec unit`, they are close-on-exec when they are made",
             partly);
    }
  }

  std::string reason(const seal::Descriptor& one) const {
    if (one.state != seal::State::kept) return {};
    if (one.kept.is_allowed)
      return fmt::format("{}: {}", arguments_.settings.allow->given_by, arguments_.settings.allow->value);
    return fmt::format("{}:{}: {}", one.kept.set->source, one.kept.rule->line,
                       one.kept.rule->text.of(one.kept.set->text));
  }

  void refuse(int pid, const std::string& comm, const std::string& what, const std::string& hint, int status = failed) {
    const std::string name = comm.empty() ? fmt::format("process {}", pid) : fmt::format("process {} ({})", pid, comm);
    fail(fmt::format("{} {}", name, what), hint);
    status_ = std::max(status_, status);
  }

  void complain(int pid, const Unreadable& problem) {
    switch (problem.why) {
      case Obstacle::gone:
        return refuse(pid, problem.comm, "is not there", "`cloexec ps` lists all processes that may be read");
      case Obstacle::ended:
        return refuse(pid, problem.comm, "has ended", "its parent has yet to wait for it; its descriptors are closed");
      case Obstacle::kernel:
        return refuse(pid, problem.comm, "is a thread of the kernel", "only programs have descriptors");
      case Obstacle::forbidden:
        return refuse(pid, problem.comm, "may not be read",
                      "try as root; some protect themselves even from that: see ptrace(2)");
    }
  }

  const Arguments& arguments_;
  const seal::Options& options_;
  Describer describer_;
  std::set<int> seen_;
  std::vector<SealedProcess> processes_;
  int status_ = 0;
};

NumberSet numbers_in(const std::string& text) {
  NumberSet numbers;
  std::string trouble;
  parse_numbers(text, numbers, [&](const Complaint& complaint) {
    if (trouble.empty()) trouble = make_problem("--fd", text, complaint).what;
  });
  if (!trouble.empty()) throw UsageError(fmt::format("--fd {}: {}", text, trouble));
  constexpr int last_standard = 2;
  if (numbers.highest() <= last_standard)
    throw UsageError(fmt::format("--fd '{}': descriptors above {} are expected", text, last_standard));
  return numbers;
}

/// Of another namespace's /proc the numbers would mean others.
void check_proc() {
  char target[32] = "";
  const ssize_t size = readlink("/proc/self", target, sizeof target - 1);
  if (size <= 0 || std::string(target, static_cast<std::size_t>(size)) != std::to_string(getpid()))
    throw std::runtime_error("/proc is not this PID namespace's: processes cannot be told by their numbers");
}

int seal_all(const Arguments& arguments) {
  const std::set<int> pids = pids_from(arguments.pids);
  if (arguments.undoes && !arguments.numbers) throw UsageError("--unseal wants to know which descriptors: --fd LIST");
  check_proc();
  const Policy policy = read_policy(arguments.settings);
  if (print_problems(policy)) return fail("nothing was sealed: a rule that is malformed might keep something");
  const std::vector<RuleSet> sets = policy.rule_sets();
  seal::Options options;
  options.rules = {policy.allowed, sets};
  if (arguments.numbers) options.numbers = numbers_in(*arguments.numbers);
  options.only_looks = arguments.only_looks;
  options.undoes = arguments.undoes;
  options.patience = std::chrono::milliseconds(static_cast<long>(arguments.patience * 1000));
  Sealing sealing(arguments, options);
  for (const int pid : pids) sealing.take(pid);
  return sealing.finish();
}

}  // namespace

void add_seal(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("seal", "Make the inheritable descriptors of live processes close-on-exec");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("PID", arguments->pids, "The processes")->required();
  command->add_option("--fd", arguments->numbers, "These alone, whatever a rule says, such as 3,5-7")
      ->type_name("LIST");
  command->add_flag("--dry-run", arguments->only_looks, "Only show what would be sealed");
  command->add_flag("--children", arguments->with_children, "Also all that these have started");
  command->add_flag("--unseal", arguments->undoes, "Make the descriptors of --fd inheritable again");
  add_policy_options(*command, arguments->settings);
  command->add_option("--wait", arguments->patience, "For a moment in which the process notices nothing")
      ->type_name("SECONDS")
      ->check(seconds_between(0, 3600))
      ->capture_default_str();
  command->add_option("--format", arguments->format, "How the report is written")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  command->footer(
      "The process goes on as if nothing had happened. What it makes later is inheritable again: put the shim in,\n"
      "or start it by `cloexec run --supervise`.\n"
      "Exit status: 0 when nothing is inheritable but what is kept, 3 when something else still is, 125 when cloexec\n"
      "fails: also when a process could not be sealed, after the others.");
  command->callback([=, &action] { action = [=] { return seal_all(*arguments); }; });
}

}  // namespace cloexec::cli
