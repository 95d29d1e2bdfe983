// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/look.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <optional>
#include <system_error>

#include "cli/audit/obstacle.h"
#include "cli/describe/sockets.h"
#include "cli/proc_folder.h"

namespace cloexec::cli {
namespace {

/// Throws std::system_error when it is gone.
Description describe(const ProcFolder& process, const ProcFolder& descriptors, int fd,
                     std::optional<Sockets>& sockets) {
  const std::string name = fmt::to_string(fd);
  Description what = describe_link(descriptors.link(name), descriptors.mode(name));
  const std::uint64_t inode = socket_inode(what.target);
  if (inode == 0) return what;
  if (!sockets) sockets.emplace().add(ProcFolder(process, "net"));
  if (const std::string text = sockets->find(inode); !text.empty())
    what.target = fmt::format("{} {}", text, what.target);
  return what;
}

std::vector<Description> descriptors_of(int pid, const std::vector<int>& fds) try {
  if (fds.empty()) return {};
  const ProcFolder process(fmt::format("/proc/{}", pid));
  const ProcFolder descriptors(process, "fd");
  std::optional<Sockets> sockets;
  std::vector<Description> found(fds.size());
  for (std::size_t i = 0; i < fds.size(); ++i) try {
      found[i] = describe(process, descriptors, fds[i], sockets);
    } catch (const std::system_error&) {
      continue;
    }
  return found;
} catch (const std::system_error&) {
  return {};
}

/// What the kernel has copied to a process's stack, each with a NUL behind it (proc(5)); the process may have changed
/// it.
std::vector<std::string> arguments_of(int pid, const std::string& program) try {
  const ProcFolder process(fmt::format("/proc/{}", pid));
  const std::string line = process.content("cmdline");
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find('\0', at), line.size());
    arguments.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return process.link("exe") == program ? arguments : std::vector<std::string>();
} catch (const std::system_error&) {
  return {};
}

bool is_gone(int pid) { return kill(pid, 0) != 0 && errno == ESRCH; }

/// proc(5), /proc/PID/task/TID/comm.
std::string thread_name(int pid, int tid) {
  std::ifstream file(fmt::format("/proc/{}/task/{}/comm", pid, tid));
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

Look look_at_processes() { return {descriptors_of, obstacle_in_process, is_gone, arguments_of, thread_name}; }

}  // namespace cloexec::cli
