// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/process.h"

#include <fcntl.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <system_error>

#include "cli/secure.h"

namespace cloexec::cli {
namespace {

/// The flags in /proc/PID/fdinfo, in octal. O_CLOEXEC is there when the descriptor has it, or its open file: open(2)
/// gives the file none, but TIOCGPTPEER does (docs/limitations.md).
int flags_in(std::string_view info) {
  constexpr std::string_view name = "flags:\t";
  const std::size_t at = info.find(name);
  if (at == std::string_view::npos) return 0;
  info.remove_prefix(at + name.size());
  int flags = 0;
  std::from_chars(info.data(), info.data() + info.size(), flags, 8);
  return flags;
}

/// "TCPv6", "UNIX-STREAM" as the kernel names protocols.
std::string protocol_of(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  if (name.ends_with("v6")) name.resize(name.size() - 2);
  return name.substr(0, name.find('-'));
}

std::vector<OpenDescriptor> read_descriptors(const ProcFolder& process) {
  const ProcFolder links(process, "fd");
  const ProcFolder infos(process, "fdinfo");
  std::vector<OpenDescriptor> descriptors;
  for (const int fd : links.numbers()) {
    const std::string number = std::to_string(fd);
    try {
      OpenDescriptor descriptor;
      descriptor.fd = fd;
      descriptor.link = links.link(number);
      const int flags = flags_in(infos.beginning(number));
      descriptor.is_inheritable = (flags & O_CLOEXEC) == 0;
      descriptor.access = flags & O_ACCMODE;
      if (descriptor.is_inheritable) {
        descriptor.mode = links.mode(number);
        if (descriptor.link.starts_with("socket:"))
          descriptor.protocol = protocol_of(links.attribute(number, "system.sockprotoname"));
      }
      descriptors.push_back(std::move(descriptor));
    } catch (const std::system_error& error) {
      if (!has_ended(error)) throw;  // else closed meanwhile
    }
  }
  return descriptors;
}

}  // namespace

Process read_process(Who who, const ProcFolder& folder) {
  Process process{std::move(who), {}, {}, {}, false, false, {}};
  try {
    process.network = link_in(folder, "ns/net");
    const std::string maps = folder.content("maps");
    process.shims = shims_in(maps);
    process.is_secure = is_secure(folder).value_or(false);
    process.starts_secure = starts_secure(folder);
    if (!process.shims.empty())
      process.settings = shim_settings({folder, maps, process.shims, process.is_secure, process.started});
    process.descriptors = read_descriptors(folder);
    // Whoever ended meanwhile seems to have had fewer.
    refuse_others(folder, process.comm);
    return process;
  } catch (const std::system_error& error) {
    throw unreadable(error, folder, process.comm);
  }
}

Process read_process(int pid, const ProcFolder& folder) { return read_process(identify(pid, folder), folder); }

}  // namespace cloexec::cli
