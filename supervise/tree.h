// SPDX-License-Identifier: Apache-2.0
//
// What is known of the traced tasks: which threads are one process, which program is in it, and with which descriptors
// a process began.
#pragma once

#include <sys/types.h>

#include <climits>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "supervise/injection.h"
#include "supervise/observer.h"
#include "trace/descriptors.h"
#include "trace/look.h"

namespace cloexec::supervise {

struct Process;

/// Numbers of a descriptor table and what they led to, as of a moment.
struct Listing {
  std::vector<std::pair<int, FileIdentity>> files;  // ascending
  int end = INT_MAX;                                // numbers from here on are not known

  bool knows(int fd) const { return fd < end; }

  /// Null when the number was not open, or is not known.
  const FileIdentity* find(int fd) const;

  static Listing unknown() { return {{}, 0}; }
};

/// Lists what is open above 2 in `task`, the lowest `most` of it. What cannot be read is unknown.
Listing list(pid_t task, std::size_t most = SIZE_MAX);

/// The same, but nothing when there is more.
std::optional<Listing> list_if_few(pid_t task, std::size_t most);

/// So many of a process that forks are listed, as each costs some microseconds; of higher numbers a child is believed
/// to have made itself what its parent has closed meanwhile.
constexpr std::size_t most_listed = 64;

/// A program from its exec on; processes forked since share it.
struct Image {
  /// What was there when it began: handed on by who started it, which holds for what it starts itself, too.
  Listing arrived;

  /// What has become of the descriptors that it was started with, for who observes: of each that is there still the
  /// same holds when it starts another.
  std::vector<Crossing> crossings;

  /// Taken when first asked for, while it is there.
  std::optional<Look> look;
};

/// How a process came about that was forked and has not exec'd since.
struct Birth {
  std::shared_ptr<Birth> parents;  // null: the parent had begun by an exec
  std::weak_ptr<Process> parent;
  pid_t parent_task = 0;      // the thread that has forked it
  bool shares_table = false;  // with its parent: neither has anything of its own
  unsigned depth = 1;         // of known parents
  bool is_cut = false;        // there were more than are kept

  /// What the parent had, which is what it got. Not there as long as the parent has been kept from running since.
  std::optional<Listing> got;
  bool must_be_listed = false;  // at the child's first stop, as others may change the parent's table
};

/// Of a thread that has forked: what its child has got need not be listed before it begins a call that may change its
/// own.
struct Watch {
  std::weak_ptr<Birth> birth;
  unsigned stops = 0;

  /// Null when there is nothing to be listed any more: the child has exec'd, or ended, or it is done.
  std::shared_ptr<Birth> due() const {
    std::shared_ptr<Birth> it = birth.lock();
    return it && !it->got ? it : nullptr;
  }
};

struct Process {
  pid_t id = 0;
  std::shared_ptr<Image> image;
  std::shared_ptr<Birth> birth;  // null: it has exec'd since it was made
  unsigned tasks = 0;            // threads
  bool shares_table = false;     // with another process, or did so
  pid_t lender = 0;              // the thread that waits for it, by vfork(2), and that is stopped as long
  bool is_alive = true;
};

/// A thread.
struct Task {
  std::shared_ptr<Process> process;
  bool has_stopped = false;  // for the first time
  std::unique_ptr<Injection> injection;
  Watch watch;
};

class Tree {
 public:
  /// Null when it is not known.
  Task* find(pid_t task);

  bool is_empty() const { return tasks_.empty(); }

  /// A process that begins with this thread.
  std::shared_ptr<Process> add_process(pid_t id, std::shared_ptr<Image> image, std::shared_ptr<Birth> birth);

  void add_thread(pid_t task, const std::shared_ptr<Process>& process);

  /// It is gone; its process too when it was the last one.
  void remove(pid_t task);

  /// Of a process whose thread `former` has exec'd, only that one is left, and has the process's number now.
  void keep_only(pid_t process, pid_t former);

 private:
  std::unordered_map<pid_t, Task> tasks_;
};

}  // namespace cloexec::supervise
