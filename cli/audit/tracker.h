// SPDX-License-Identifier: Apache-2.0
//
// Joins what the audited processes recorded: which descriptors each had at any moment, hence which crossed an exec, and
// who made them. What a new program itself says it got is the truth; where it says nothing (the shim could not enter
// it), what could be inherited at the exec stands for it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/audit/report.h"
#include "cli/audit/ring.h"
#include "cli/describe/description.h"

namespace cloexec::cli {

class Tracker {
 public:
  /// Says what descriptor `fd` of process `pid` is, if that still lives.
  using Look = std::function<Description(int pid, int fd)>;

  /// `root` is the process of the audited command: what is there when it starts is foreign.
  Tracker(int root, Look look) : root_(root), look_(std::move(look)) {}

  /// Takes one event; they come in the order of their tickets, or almost.
  void take(const Event& event);

  /// So far.
  std::size_t execs() const { return execs_.size(); }
  std::size_t leaks() const { return leaks_; }

  /// Everything, when no event will come any more.
  std::vector<Exec> finish();

 private:
  /// By what a program was given a descriptor.
  struct Gift {
    std::string rule;
    std::string word;  // that announced it

    void note_in(Crossing& crossing) const;
  };

  /// A descriptor, as far as it is known.
  struct Descriptor {
    Crossing crossing;
    bool is_open = true;
    bool is_inheritable = true;
    bool is_known = true;  // whether its making was recorded
    int other_end = -1;    // of a pipe or a pair: the number that it got
    bool is_write_end = false;
  };

  /// What became of one number, with the tickets of the changes.
  using History = std::vector<std::pair<std::uint64_t, Descriptor>>;

  struct Attempt {
    std::uint64_t ticket = 0;
    int tid = 0;
    bool makes_process = false;
    int child = 0;
    Exec exec;
    std::map<int, Gift> given;
  };

  struct Process {
    int parent = 0;
    std::string program;
    std::map<int, History> descriptors;
    std::vector<Attempt> attempts;
    std::uint64_t begun = 0;
    bool was_spawned = false;  // by a function that makes the process inside libc
    std::size_t exec = 0;      // in execs_: the one that its arrivals belong to
    int made_from = 0;         // whose descriptors were looked through at the exec
    std::uint64_t made_at = 0;
    std::uint64_t forked_at = 0;
    std::map<int, Gift> given;
    std::optional<Event> last_made;
  };

  /// A crossing whose making another thread had yet to record.
  struct Doubt {
    std::size_t exec;
    std::size_t place;
    int parent;
    int fd;
    std::uint64_t ticket;
    std::uint64_t until;  // when it had arrived
  };

  static const Descriptor* at(const History& history, std::uint64_t ticket);
  static void change(Process& process, int fd, std::uint64_t ticket, Descriptor descriptor);
  static std::map<int, Descriptor> open_at(const Process& process, std::uint64_t ticket);
  static void describe_pair(Descriptor& descriptor, const std::string& link);

  Process& process_of(int pid);
  void forked(const Event& event);
  void made(const Event& event);
  void flagged(const Event& event);
  void closed(const Event& event);
  void attempted(const Event& event);
  void look_at_unnamed(int pid, Process& process);
  void started(const Event& event);
  void arrived(const Event& event);
  std::optional<Attempt> take_attempt(int pid, int parent, const std::string& argv0, std::uint64_t ticket, int& from);
  Attempt* last_attempt(const Event& event);
  void add_unseen(int pid, const Process& process, const Attempt& attempt);
  void settle(Crossing& crossing, const Crossing& made);
  void settle_doubts();

  int root_;
  Look look_;
  std::map<int, Process> processes_;
  std::vector<Exec> execs_;
  std::vector<Doubt> doubts_;
  std::size_t leaks_ = 0;
};

}  // namespace cloexec::cli
