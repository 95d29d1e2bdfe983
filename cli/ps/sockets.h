// SPDX-License-Identifier: Apache-2.0
//
// The addresses of sockets, by inode, from the tables of a process's own network namespace (proc(5), /proc/PID/net).
#pragma once

#include <map>
#include <string>

namespace cloexec::cli {

class Sockets {
 public:
  /// "tcp 127.0.0.1:80 (listening) socket:[123]"; the link itself where the tables do not know it. Each namespace's
  /// tables are read once.
  std::string describe(int pid, const std::string& link);

 private:
  std::map<std::string, std::map<std::string, std::string>> by_namespace_;
};

}  // namespace cloexec::cli
