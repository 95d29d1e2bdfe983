// SPDX-License-Identifier: Apache-2.0
//
// Joins what the audited processes recorded: which descriptors each had at any moment, hence which crossed an exec, and
// who made them. What a new program itself says it got is the truth; where it says nothing (the shim could not enter
// it), what could be inherited at the exec stands for it. An event costs what it changes, however much is open.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cli/audit/history.h"
#include "cli/audit/look.h"
#include "cli/audit/report.h"
#include "cli/audit/ring.h"

namespace cloexec::cli {

/// What nobody has named.
inline const std::shared_ptr<const std::string>& no_name() {
  static const auto none = std::make_shared<const std::string>();
  return none;
}

class Tracker {
 public:
  /// `root` is the process of the audited command: what is there when it starts is foreign.
  Tracker(int root, Look look) : root_(root), look_(std::move(look)) {}

  /// Takes one event; they come in the order of their tickets, or almost.
  void take(Event event);

  /// For when there is time: looks at processes whose program has not said anything yet, and never may. A bounded
  /// number of them.
  void look_at_pending();

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

  struct Attempt {
    std::uint64_t ticket = 0;
    int tid = 0;
    bool makes_process = false;
    int child = 0;
    Exec exec;
    Table before;    // what was there
    Table withheld;  // what would have been there, too: see Process
    std::map<int, Gift> given;
    unsigned looks = 0;
    bool has_ended = false;  // who made it, or the child: all that they have said was taken when this is seen again
  };

  struct Thread {
    std::shared_ptr<const std::string> name = no_name();
    bool was_looked_at = false;
    std::uint32_t stack_ticket = 0;
    std::shared_ptr<const RecordedStack> stack = {};  // the last that it has left
  };

  /// Numbers in a row that a program has asked for by one call, those between them being open.
  struct Misses {
    std::string call;
    int first = -1;
    int last = -1;
    bool has_others = false;  // numbers that nobody withheld: the program looks for what is open, and needs nothing
  };

  struct Process {
    int parent = 0;
    std::shared_ptr<const std::string> program = no_name();
    std::map<int, Thread> threads;
    History history;
    Table inherited;                            // what was there at the exec that it began with
    Table withheld;                             // what bare it would have, at numbers that it has not used otherwise
    std::map<std::uint64_t, Attempt> attempts;  // by their tickets
    bool was_spawned = false;                   // by a function that makes the process inside libc
    std::size_t exec = 0;                       // in execs_: the one that its arrivals belong to
    int made_from = 0;                          // whose descriptors were looked through at the exec
    std::uint64_t made_at = 0;
    std::uint64_t forked_at = 0;
    std::map<int, Gift> given;
    std::shared_ptr<const Making> last_made;
    Misses misses = {};
  };

  /// An attempt of a process that may never be answered.
  struct Pending {
    int pid;
    std::uint64_t ticket;
  };

  struct Hash {
    std::size_t operator()(const std::shared_ptr<const Crossing>& crossing) const;
  };
  struct Equal {
    bool operator()(const std::shared_ptr<const Crossing>& a, const std::shared_ptr<const Crossing>& b) const {
      return *a == *b;
    }
  };

  static std::shared_ptr<const Making> making_of(Event event, Process& process);
  void name_thread(Creation& created);
  void forked(const Event& event);
  void made(Event event);
  void flagged(const Event& event);
  void closed(const Event& event);
  void cleared_out(const Event& event);
  void kept(const Event& event);
  void missed(const Event& event, const std::string& call);
  static void note_in_row(Process& process, int fd, const std::string& call);
  void clear_missed(std::size_t exec, int first, int last, const std::string& call);
  void attempted(const Event& event);
  void started(const Event& event);
  void arrived(const Event& event);
  Crossing crossing_of(int fd, const Descriptor& descriptor) const;
  Table withheld_from(const Table& open, Table before, const std::map<int, Gift>& given);
  std::vector<std::shared_ptr<const Crossing>> inherited(const Table& table, const std::map<int, Gift>& given);
  std::optional<Attempt> take_attempt(int pid, int parent, const std::string& argv0, std::uint64_t ticket, int& from);
  std::map<std::uint64_t, Attempt> take_spawns(int pid, bool is_same_process);
  Attempt* last_attempt(const Event& event);
  static const Attempt* unanswered_exec(const Process& process);
  bool name_unnamed(int pid, const Process& process, Attempt& attempt);
  bool look_at(int pid, const Process& process, Attempt& attempt);
  void add_unseen(int pid, const Process& process, const Attempt& attempt);
  void retire(int pid, Process& process);
  const Descriptor* find_unrecorded(const Process& process, const Event& arrived, const std::string& target) const;
  std::shared_ptr<const Crossing> shared(Crossing crossing);

  int root_;
  Look look_;
  std::unordered_map<int, Process> processes_;
  std::vector<Exec> execs_;
  std::unordered_map<std::size_t, Table> withheld_;  // by the exec's place
  std::unordered_map<int, int> spawners_;            // who has started a process of that number, by its own word
  std::deque<Pending> pending_;
  std::unordered_set<std::shared_ptr<const Crossing>, Hash, Equal> distinct_;
  std::size_t leaks_ = 0;
};

}  // namespace cloexec::cli
