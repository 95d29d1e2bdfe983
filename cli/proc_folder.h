// SPDX-License-Identifier: Apache-2.0
//
// A folder of /proc that is held open, so that all that is read there is of one process: a PID may mean another one
// the next moment, an open /proc/PID never does.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace cloexec::cli {

/// Each function throws std::system_error with the errno of what failed: ENOENT or ESRCH when the process has ended
/// meanwhile, EACCES or EPERM when it may not be read (ptrace(2), PTRACE_MODE_READ).
class ProcFolder {
 public:
  explicit ProcFolder(const std::string& path);
  /// The folder `name` in another.
  ProcFolder(const ProcFolder& parent, const std::string& name);
  ProcFolder(const ProcFolder&) = delete;
  ProcFolder& operator=(const ProcFolder&) = delete;
  ~ProcFolder();

  /// The whole file.
  [[nodiscard]] std::string content(const std::string& name) const;

  /// What one read(2) gives of it: a few KiB at least, if there are as many.
  [[nodiscard]] std::string beginning(const std::string& name) const;

  /// Up to `size` bytes of it, from an offset on.
  [[nodiscard]] std::string part(const std::string& name, std::uint64_t offset, std::size_t size) const;

  /// What a symbolic link says.
  [[nodiscard]] std::string link(const std::string& name) const;

  /// The type and mode of what a link leads to, without asking a file server that may not answer; 0 when unknown.
  [[nodiscard]] std::uint32_t mode(const std::string& name) const;

  /// When what a path leads to was changed last, its name or its rights too.
  [[nodiscard]] std::chrono::system_clock::time_point changed(const std::string& path) const;

  /// An extended attribute of what a link leads to; empty when there is none.
  [[nodiscard]] std::string attribute(const std::string& name, const char* attribute) const;

  /// The entries that are numbers, ascending.
  [[nodiscard]] std::vector<int> numbers() const;

 private:
  int fd_;
};

/// The number that `text` is as a whole; negative when it is none.
int number_from(const std::string& text);

}  // namespace cloexec::cli
