// SPDX-License-Identifier: Apache-2.0
//
// Programs that trace themselves: LeakSanitizer stops its own threads by ptrace(2) when its program ends, and ends it
// with a failure when another tracer has them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <tuple>

namespace cloexec::cli {

class SelfTracing {
 public:
  /// Whether the program in a stopped `process` does. Each file is looked through once.
  bool is_in(pid_t process);

 private:
  using File = std::tuple<std::uint64_t, std::uint64_t, std::int64_t>;  // device, inode, time of its last change

  std::map<File, bool> known_;
};

}  // namespace cloexec::cli
