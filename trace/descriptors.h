// SPDX-License-Identifier: Apache-2.0
//
// The descriptors of another process, as /proc has them. What cannot be read is said to be so: the process has ended,
// or its program may be executed but not read (proc(5), PTRACE_MODE_READ).
#pragma once

#include <sys/types.h>

#include <climits>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cloexec::trace {

/// What a descriptor leads to. Two that differ lead to different files; two that are equal may be two openings of one.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// /proc/TASK/fd, held open. A TASK is a process or a thread.
class Descriptors {
 public:
  explicit Descriptors(pid_t task);
  ~Descriptors();
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;

  bool can_be_read() const { return folder_ >= 0; }

  /// The numbers above 2, ascending; of more than `most` the lowest, and `are_all` becomes false.
  std::vector<int> numbers(std::size_t most, bool& are_all) const;

  /// Nothing when it is not open any more.
  std::optional<FileIdentity> identity(int fd) const;

  /// What the link says: a path, "pipe:[4711]"; empty when it is not open any more.
  std::string link(int fd) const;

 private:
  int folder_;
};

/// Whether descriptor `fd` of `task` is close-on-exec; nothing when that cannot be told. O_CLOEXEC in /proc/PID/fdinfo
/// may also be the open file's (docs/limitations.md).
std::optional<bool> is_marked(pid_t task, int fd);

/// A number in a task's table.
struct Place {
  pid_t task;
  int fd;
};

/// Whether one and the same open file is at both (kcmp(2), KCMP_FILE). Where a sandbox forbids to ask, two openings of
/// one file count as one.
bool is_same_file(Place one, Place other);
inline bool is_same_file(pid_t one, pid_t other, int fd) { return is_same_file({one, fd}, {other, fd}); }

/// Whether two tasks share one descriptor table (KCMP_FILES); false where a sandbox forbids to ask.
bool shares_table(pid_t one, pid_t other);

/// The same of two threads of one process, which mostly do: true where a sandbox forbids to ask.
bool may_share_table(pid_t one, pid_t other);

}  // namespace cloexec::trace
