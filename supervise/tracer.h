// SPDX-License-Identifier: Apache-2.0
//
// The trace loop: waits for stops of a tree of processes and lets each go on. At an exec it has the judge decide, and
// what leaked closed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "supervise/judge.h"
#include "supervise/observer.h"
#include "supervise/tree.h"
#include "trace/alarm.h"
#include "trace/stop.h"

namespace cloexec::supervise {

struct Options {
  Rules rules;
  bool closes = true;      // false: only looks
  std::string step_aside;  // programs, as rules name them, that are left alone with all that they start
  std::function<bool(pid_t)> traces_itself = {};  // whether the program in a process does: it is left alone, too
};

/// ptrace(2) knows threads: all is to be called by one.
class Tracer {
  using Clock = std::chrono::steady_clock;

 public:
  /// Both must live as long as this; the observer may be null.
  Tracer(const Options& options, Observer* observer) : options_(options), observer_(observer) {}

  /// Begins with a process of one thread, which is not to run meanwhile; what it has open counts as having been there
  /// before. 0, or an errno: EPERM when it is traced by another, or may not be traced.
  int attach(pid_t process);

  /// Until all processes of the tree have ended.
  void run();

 private:
  void take(pid_t task, int status);
  void stopped(pid_t task, Task& known, int status);
  void first_stop(pid_t task, Task& known);
  void ended(pid_t task);
  void made(pid_t task, Task& maker, Stop stop);
  void made_process(pid_t task, Task& maker, pid_t child, bool lends);
  std::shared_ptr<Process> add_child(pid_t task, const std::shared_ptr<Process>& parent, pid_t child);
  static void note(pid_t task, Task& maker, const std::shared_ptr<Birth>& birth);
  static void watch(pid_t task, Watch& watch);
  void claim(pid_t child);
  void adopt_orphans();
  void adopt(pid_t orphan);
  void execed(pid_t process);
  void judge(const Process& process, const Descriptors& descriptors, std::unique_ptr<Injection>& injection,
             Image& next);
  void report(const Process& process, Program& program, std::vector<Crossing> crossings);
  bool steps_aside(pid_t process);
  void called(pid_t task, Task& known);
  void release_lender(Process& process);
  static void resume(pid_t task, const Task& known, int signal = 0);

  const Options& options_;
  Observer* observer_;
  Tree tree_;
  /// Born, and stopped, before those that made them have said so.
  struct Unclaimed {
    int status = 0;
    Clock::time_point since;
  };
  std::unordered_map<pid_t, Unclaimed> unclaimed_;
  Alarm alarm_;
};

}  // namespace cloexec::supervise
