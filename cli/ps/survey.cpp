// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/survey.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <system_error>

#include "cli/describe/description.h"
#include "cli/describe/sockets.h"
#include "cli/message.h"
#include "cli/ps/pipes.h"
#include "cli/ps/process.h"

namespace cloexec::cli {
namespace {

constexpr int lowest = 3;

bool is_shown(const OpenDescriptor& descriptor) { return descriptor.is_inheritable && descriptor.fd >= lowest; }

/// The processes to list, and what it takes to say what their descriptors are.
struct Finds {
  std::vector<Process> processes;
  std::vector<Who> unreadable;
  std::set<std::string> networks;  // whose sockets are known
  Sockets sockets;
  Pipes pipes;

  void take(const Who& who, const ProcFolder& folder, bool with_targets) {
    const Process& process = processes.emplace_back(read_process(who, folder));
    if (!with_targets) return;
    pipes.add(process);
    const auto& all = process.descriptors;
    const bool has_socket = std::any_of(
        all.begin(), all.end(), [](const OpenDescriptor& one) { return is_shown(one) && socket_inode(one.link) != 0; });
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

Description describe(const OpenDescriptor& descriptor, const Finds& finds) {
  Description description = describe_link(descriptor.link, descriptor.mode);
  if (const std::uint64_t inode = socket_inode(descriptor.link); inode != 0) {
    std::string text = finds.sockets.find(inode);
    if (text.empty()) text = descriptor.protocol;
    if (!text.empty()) description.target = fmt::format("{} {}", text, descriptor.link);
  } else if (is_pipe(descriptor)) {
    description.target = fmt::format("{} {}", descriptor.link, finds.pipes.text(descriptor));
  }
  return description;
}

Listing listing_of(Finds finds) {
  Listing listing;
  for (const Process& process : finds.processes) {
    Listed& listed = listing.processes.emplace_back(
        Listed{process, process.shims, process.settings, {}, process.is_secure, process.starts_secure});
    for (const OpenDescriptor& descriptor : process.descriptors) {
      if (!is_shown(descriptor)) continue;
      Description description = describe(descriptor, finds);
      listed.fds.push_back({descriptor.fd, std::move(description.object), std::move(description.target)});
    }
  }
  listing.unreadable = std::move(finds.unreadable);
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

/// Whether /proc hides the processes of others altogether (proc(5), hidepid=): the first is always there.
bool hides_processes() { return access("/proc/1", F_OK) != 0; }

/// The other ends of pipes may be anywhere.
void add_other_ends(Finds& finds) {
  std::set<int> known;
  bool has_pipes = false;
  for (const Process& process : finds.processes) {
    known.insert(process.pid);
    for (const OpenDescriptor& one : process.descriptors) has_pipes = has_pipes || (is_shown(one) && is_pipe(one));
  }
  if (!has_pipes) return;
  for (const int pid : all_processes()) {
    if (known.contains(pid)) continue;
    try {
      finds.pipes.add(read_process(pid, open_process(pid)));
    } catch (const Unreadable&) {
      continue;
    }
  }
}

Listing list_all(const Request& request) {
  Finds finds;
  for (const int pid : all_processes()) {
    // It ends with its answer.
    if (pid == getpid()) continue;
    Who who;
    who.pid = pid;
    try {
      const ProcFolder folder = open_process(pid);
      who = identify(pid, folder);
      if (request.selection.takes(who, folder)) finds.take(who, folder, request.asks_for_targets);
    } catch (const Unreadable& problem) {
      // Of one of which nothing can be seen it is not known that it was not asked for.
      if (problem.why == Obstacle::forbidden) finds.unreadable.push_back(who);
    }
  }
  if (request.asks_for_targets) add_other_ends(finds);
  Listing listing = listing_of(std::move(finds));
  listing.is_of_all = request.selection.is_everything();
  listing.is_part = hides_processes();
  return listing;
}

/// The processes themselves, and all that they and theirs have started and that is still theirs.
std::set<int> with_descendants(const std::set<int>& pids) {
  std::multimap<int, int> children;
  for (const int pid : all_processes()) {
    try {
      children.emplace(identify(pid, open_process(pid)).parent, pid);
    } catch (const Unreadable&) {
      continue;
    }
  }
  std::set<int> found = pids;
  std::vector<int> left(pids.begin(), pids.end());
  while (!left.empty()) {
    const auto [begin, end] = children.equal_range(left.back());
    left.pop_back();
    for (auto child = begin; child != end; ++child)
      if (child->second != getpid() && found.insert(child->second).second) left.push_back(child->second);
  }
  return found;
}

Listing list_given(const Request& request, bool& is_failed) {
  Finds finds;
  for (const int pid : request.asks_for_descendants ? with_descendants(request.pids) : request.pids) {
    Who who;
    who.pid = pid;
    try {
      const ProcFolder folder = open_process(pid);
      who = identify(pid, folder);
      finds.take(who, folder, request.asks_for_targets);
    } catch (const Unreadable& problem) {
      if (problem.why == Obstacle::forbidden) finds.unreadable.push_back(who);
      if (!request.pids.contains(pid)) continue;  // a descendant, which may end meanwhile
      complain(pid, problem);
      is_failed = true;
    }
  }
  if (request.asks_for_targets) add_other_ends(finds);
  Listing listing = listing_of(std::move(finds));
  listing.is_of_pids = true;
  return listing;
}

}  // namespace

Listing survey(const Request& request, bool& is_failed) {
  return request.pids.empty() ? list_all(request) : list_given(request, is_failed);
}

}  // namespace cloexec::cli
