// SPDX-License-Identifier: Apache-2.0
//
// The threads of a process: which of them share a descriptor table, and which is best held for a moment.
#pragma once

#include <sys/types.h>

#include <vector>

namespace cloexec::seal {

/// Threads that have one descriptor table; as a rule all of a process (unshare(2), CLONE_FILES).
using Sharers = std::vector<pid_t>;

/// All living threads of a process, by their tables; empty when it has ended.
std::vector<Sharers> sharers_of(pid_t process);

/// How a thread takes it to be held, the better ones first.
enum class Fitness {
  unnoticed,  // it is stopped, or waits in a call that goes on
  running,    // it makes a call perhaps, or will
  unknown,    // it waits in a call of a socket, that has a time-out perhaps
  delayed,    // its time-out begins again
  noticed,    // its call would return early
  stuck,      // it waits where nothing interrupts it
};

struct Candidate {
  pid_t task = 0;
  Fitness fitness = Fitness::stuck;
  bool is_filtered = false;  // by seccomp(2)
  pid_t tracer = 0;          // that has it already
  long call = -1;            // that it waits in
};

/// The fittest of `sharers` first; those that have ended are left out.
std::vector<Candidate> candidates_of(const Sharers& sharers, bool is_narrow);

}  // namespace cloexec::seal
