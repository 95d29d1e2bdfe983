// SPDX-License-Identifier: Apache-2.0
//
// What is known of sockets from outside their processes: the tables in /proc/PID/net, which show all sockets of the
// network namespace of that process (proc(5)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cli/proc_folder.h"

namespace cloexec::cli {

class Sockets {
 public:
  /// Reads the tables of a namespace from `net`, a process's folder of that name; those that are not there are skipped.
  void add(const ProcFolder& net);

  /// As socket_text has it; empty when no table that was read has the inode. Numbers of inodes are unique among all
  /// namespaces, whose sockets are in one file system.
  [[nodiscard]] std::string find(std::uint64_t inode) const;

 private:
  void add_inet(std::string_view protocol, int family, const std::string& table);
  void add_unix(const std::string& table);

  std::unordered_map<std::uint64_t, std::string> texts_;
};

/// The inode in "socket:[4711]"; 0 when it is no such link.
std::uint64_t socket_inode(std::string_view link);

}  // namespace cloexec::cli
