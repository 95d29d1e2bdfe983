// SPDX-License-Identifier: Apache-2.0
//
// `cloexec ps`: the inheritable descriptors of live processes, with or without the shim.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <system_error>

#include "cli/commands.h"
#include "cli/describe/description.h"
#include "cli/describe/sockets.h"
#include "cli/message.h"
#include "cli/ps/pipes.h"
#include "cli/ps/process.h"
#include "cli/ps/report.h"
#include "cli/terminal.h"

namespace cloexec::cli {
namespace {

constexpr int lowest = 3;

bool is_shown(const Descriptor& descriptor) { return descriptor.is_inheritable && descriptor.fd >= lowest; }

/// The processes to list, and what it takes to say what their descriptors are.
struct Survey {
  std::vector<Process> processes;
  std::set<std::string> networks;  // whose sockets are known
  Sockets sockets;
  Pipes pipes;

  void take(int pid) {
    const ProcFolder folder = open_process(pid);
    const Process& process = processes.emplace_back(read_process(pid, folder));
    pipes.add(process);
    const auto& all = process.descriptors;
    const bool has_socket = std::any_of(
        all.begin(), all.end(), [](const Descriptor& one) { return is_shown(one) && socket_inode(one.link) != 0; });
    // After the descriptors: what is not in the table then was closed, not opened, meanwhile.
    if (has_socket && networks.insert(process.network).second) add_network(folder);
  }

  void add_network(const ProcFolder& folder) {
    try {
      sockets.add(ProcFolder(folder, "net"));
    } catch (const std::system_error&) {
      // Ended meanwhile: its sockets are told without their addresses.
    }
  }
};

/// This one at least, where /proc is what it should be.
std::vector<int> all_processes() {
  std::vector<int> processes = ProcFolder("/proc").numbers();
  if (processes.empty()) throw std::runtime_error("there is no process in /proc: is it mounted?");
  return processes;
}

Description describe(const Descriptor& descriptor, const Survey& survey) {
  Description description = describe_link(descriptor.link, descriptor.mode);
  if (const std::uint64_t inode = socket_inode(descriptor.link); inode != 0) {
    std::string text = survey.sockets.find(inode);
    if (text.empty()) text = descriptor.protocol;
    if (!text.empty()) description.target = fmt::format("{} {}", text, descriptor.link);
  } else if (is_pipe(descriptor)) {
    description.target = fmt::format("{} {}", descriptor.link, survey.pipes.text(descriptor));
  }
  return description;
}

Listing listing_of(const Survey& survey) {
  Listing listing;
  for (const Process& process : survey.processes) {
    Listed& listed = listing.processes.emplace_back(
        Listed{process.pid, process.comm, process.exe, process.shims, {}, process.is_secure, process.starts_secure});
    for (const Descriptor& descriptor : process.descriptors) {
      if (!is_shown(descriptor)) continue;
      Description description = describe(descriptor, survey);
      listed.fds.push_back({descriptor.fd, std::move(description.object), std::move(description.target)});
    }
  }
  return listing;
}

void complain(int pid, const Unreadable& problem) {
  const std::string name =
      problem.comm.empty() ? fmt::format("process {}", pid) : fmt::format("process {} ({})", pid, problem.comm);
  switch (problem.why) {
    case Obstacle::gone:
      fail(fmt::format("there is no {}", name), "`cloexec ps` lists all processes that may be read");
      return;
    case Obstacle::ended:
      fail(fmt::format("{} has ended", name), "its parent has yet to wait for it; its descriptors are closed");
      return;
    case Obstacle::kernel:
      fail(fmt::format("{} is a thread of the kernel", name), "only programs have descriptors");
      return;
    case Obstacle::forbidden:
      fail(fmt::format("{} may not be read", name),
           "try as root; some protect themselves even from that: see ptrace(2)");
      return;
  }
}

Listing list_all() {
  Survey survey;
  std::size_t forbidden = 0;
  for (const int pid : all_processes()) {
    try {
      survey.take(pid);
    } catch (const Unreadable& problem) {
      if (problem.why == Obstacle::forbidden) ++forbidden;
    }
  }
  Listing listing = listing_of(survey);
  listing.is_of_all = true;
  listing.forbidden = forbidden;
  return listing;
}

/// The other ends of pipes may be anywhere.
void add_other_ends(Survey& survey) {
  std::set<int> known;
  bool has_pipes = false;
  for (const Process& process : survey.processes) {
    known.insert(process.pid);
    for (const Descriptor& one : process.descriptors) has_pipes = has_pipes || (is_shown(one) && is_pipe(one));
  }
  if (!has_pipes) return;
  for (const int pid : all_processes()) {
    if (known.contains(pid)) continue;
    try {
      survey.pipes.add(read_process(pid, open_process(pid)));
    } catch (const Unreadable&) {
      continue;
    }
  }
}

Listing list_given(const std::set<int>& pids, int& status) {
  Survey survey;
  for (const int pid : pids) {
    try {
      survey.take(pid);
    } catch (const Unreadable& problem) {
      complain(pid, problem);
      status = failed;
    }
  }
  add_other_ends(survey);
  return listing_of(survey);
}

std::set<int> parsed(const std::vector<std::string>& words) {
  std::set<int> pids;
  for (const std::string& word : words) {
    const int pid = number_from(word);
    if (pid <= 0) throw UsageError(fmt::format("a PID is a positive number, not '{}'", word));
    pids.insert(pid);
  }
  return pids;
}

int list(const std::vector<std::string>& words, bool is_for_machines) {
  int status = 0;
  const Listing listing = words.empty() ? list_all() : list_given(parsed(words), status);
  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  fmt::print("{}",
             is_for_machines ? as_json(listing) : as_text(listing, width_of_output(0), is_terminal && wants_colours()));
  return status;
}

}  // namespace

void add_ps(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("ps", "Show the inheritable descriptors of live processes");
  auto pids = std::make_shared<std::vector<std::string>>();
  auto is_for_machines = std::make_shared<bool>(false);
  command->add_option("PID", *pids, "Only of these; else of all processes that may be read");
  command->add_flag("--json", *is_for_machines, "Write JSON");
  command->footer(
      "Descriptors above 2 that the next exec would hand on, whether the shim is in the process or not.\n"
      "Exit status: 0, or 125 when cloexec fails: also when a PID cannot be shown, after the others.");
  command->callback([=, &action] { action = [=] { return list(*pids, *is_for_machines); }; });
}

}  // namespace cloexec::cli
