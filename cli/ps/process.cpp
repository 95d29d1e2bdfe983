// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/process.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <map>
#include <system_error>

#include "cli/find_shim.h"
#include "cli/secure.h"

namespace cloexec::cli {
namespace {

bool has_ended(const std::system_error& error) {
  return error.code().value() == ENOENT || error.code().value() == ESRCH;
}

bool is_forbidden(const std::system_error& error) {
  return error.code().value() == EACCES || error.code().value() == EPERM;
}

/// Throws when it is not one that has descriptors. /proc/PID/stat is there for everybody to read: "PID (COMM) STATE
/// PPID PGRP SESSION TTY TPGID FLAGS ..." (proc(5)); only the last parenthesis ends COMM.
void refuse_others(const std::string& stat, const std::string& comm) {
  constexpr unsigned is_kernel_thread = 0x00200000;  // PF_KTHREAD (linux/sched.h)
  std::string_view fields = stat;
  fields.remove_prefix(std::min(fields.rfind(')') + 2, fields.size()));
  const char state = fields.empty() ? 'X' : fields.front();
  if (state == 'Z' || state == 'X') throw Unreadable{Obstacle::ended, comm};
  for (int skipped = 0; skipped < 6; ++skipped) fields.remove_prefix(std::min(fields.find(' ') + 1, fields.size()));
  unsigned flags = 0;
  std::from_chars(fields.data(), fields.data() + fields.size(), flags);
  if ((flags & is_kernel_thread) != 0) throw Unreadable{Obstacle::kernel, comm};
}

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

std::vector<Descriptor> read_descriptors(const ProcFolder& process) {
  const ProcFolder links(process, "fd");
  const ProcFolder infos(process, "fdinfo");
  std::vector<Descriptor> descriptors;
  for (const int fd : links.numbers()) {
    const std::string number = std::to_string(fd);
    try {
      Descriptor descriptor;
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

/// By the name that maps ends its lines with, also when a newer one has replaced its file. One file has a line a
/// segment: "BEGIN-END PERMISSIONS OFFSET DEVICE INODE   PATH" (proc(5)).
std::vector<std::string> shims_in(std::string_view maps) {
  const std::string name = fmt::format("/{}", shim_name);
  std::map<std::string_view, std::string_view> paths;  // by device and inode
  for (std::size_t at = maps.find(name); at != std::string_view::npos; at = maps.find(name, at + 1)) {
    const std::size_t begin = maps.rfind('\n', at) + 1;
    const std::string_view line = maps.substr(begin, maps.find('\n', at) - begin);
    if (!line.ends_with(name) && !line.ends_with(name + " (deleted)")) continue;
    const std::size_t path = line.find('/');
    std::size_t device = 0;
    for (int skipped = 0; skipped < 3; ++skipped) device = line.find(' ', device) + 1;
    if (device < path) paths[line.substr(device, path - device)] = line.substr(path);
  }
  std::vector<std::string> result;
  for (const auto& [file, path] : paths) result.emplace_back(path);
  return result;
}

/// Empty where there is none.
std::string link_in(const ProcFolder& folder, const std::string& name) {
  try {
    return folder.link(name);
  } catch (const std::system_error& error) {
    if (!has_ended(error)) throw;
    return {};
  }
}

/// What has ended looks forbidden for a moment: only a live process can be asked whether it may be read.
Obstacle obstacle_in(const std::system_error& error, const ProcFolder& folder) {
  if (has_ended(error)) return Obstacle::gone;
  if (!is_forbidden(error)) throw error;
  try {
    return folder.content("stat").empty() ? Obstacle::gone : Obstacle::forbidden;
  } catch (const std::system_error&) {
    return Obstacle::gone;
  }
}

}  // namespace

ProcFolder open_process(int pid) {
  try {
    return ProcFolder(fmt::format("/proc/{}", pid));
  } catch (const std::system_error& error) {
    if (has_ended(error)) throw Unreadable{Obstacle::gone, {}};
    if (is_forbidden(error)) throw Unreadable{Obstacle::forbidden, {}};
    throw;
  }
}

Process read_process(int pid, const ProcFolder& folder) {
  Process process;
  process.pid = pid;
  try {
    process.comm = folder.content("comm");
    if (process.comm.ends_with('\n')) process.comm.pop_back();
    refuse_others(folder.content("stat"), process.comm);
    process.exe = link_in(folder, "exe");
    process.network = link_in(folder, "ns/net");
    process.shims = shims_in(folder.content("maps"));
    process.is_secure = is_secure(folder).value_or(false);
    process.starts_secure = starts_secure(folder);
    process.descriptors = read_descriptors(folder);
    // Whoever ended meanwhile seems to have had fewer.
    refuse_others(folder.content("stat"), process.comm);
    return process;
  } catch (const std::system_error& error) {
    throw Unreadable{obstacle_in(error, folder), process.comm};
  }
}

}  // namespace cloexec::cli
