// SPDX-License-Identifier: Apache-2.0
//
// Who holds which ends of pipes, among the processes that may be read.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "cli/ps/process.h"

namespace cloexec::cli {

class Pipes {
 public:
  void add(const Process& process);

  /// "read end; the other end is 4 of sh[12]".
  [[nodiscard]] std::string text(const OpenDescriptor& end) const;

 private:
  struct Holder {
    int access;
    std::string name;  // "4 of sh[12]"
  };

  std::unordered_map<std::string, std::vector<Holder>> holders_;  // by link
};

/// Of a nameless pipe.
bool is_pipe(const OpenDescriptor& descriptor);

}  // namespace cloexec::cli
