// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/look.h"

#include <fmt/format.h>

#include <system_error>

#include "cli/describe/sockets.h"
#include "cli/proc_folder.h"

namespace cloexec::cli {

Description look_at(int pid, int fd) try {
  const ProcFolder process(fmt::format("/proc/{}", pid));
  const ProcFolder descriptors(process, "fd");
  const std::string name = fmt::to_string(fd);
  Description what = describe_link(descriptors.link(name), descriptors.mode(name));
  if (const std::uint64_t inode = socket_inode(what.target); inode != 0) {
    Sockets sockets;
    sockets.add(ProcFolder(process, "net"));
    if (const std::string text = sockets.find(inode); !text.empty())
      what.target = fmt::format("{} {}", text, what.target);
  }
  return what;
} catch (const std::system_error&) {
  return {};
}

}  // namespace cloexec::cli
