// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/pipes.h"

#include <fcntl.h>
#include <fmt/format.h>

namespace cloexec::cli {

bool is_pipe(const OpenDescriptor& descriptor) { return descriptor.link.starts_with("pipe:["); }

void Pipes::add(const Process& process) {
  for (const OpenDescriptor& descriptor : process.descriptors)
    if (is_pipe(descriptor))
      holders_[descriptor.link].push_back(
          {descriptor.access, fmt::format("{} of {}[{}]", descriptor.fd, process.comm, process.pid)});
}

std::string Pipes::text(const OpenDescriptor& end) const {
  // Opened anew through /proc/PID/fd, one descriptor may be both.
  if (end.access == O_RDWR) return "both ends";
  const std::string own = end.access == O_RDONLY ? "read end" : "write end";
  constexpr std::size_t most = 3;
  std::string names;
  std::size_t count = 0;
  if (const auto found = holders_.find(end.link); found != holders_.end())
    for (const Holder& holder : found->second) {
      if (holder.access == end.access || ++count > most) continue;
      names.append(names.empty() ? "" : ", ").append(holder.name);
    }
  if (count == 0) return own + "; no process that may be read has the other end";
  if (count > most) names += fmt::format(" and {} more", count - most);
  return fmt::format("{}; the other end is {}", own, names);
}

}  // namespace cloexec::cli
