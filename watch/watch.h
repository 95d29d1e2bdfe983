// SPDX-License-Identifier: Apache-2.0
//
// Watches the execs of a whole machine by a program in the kernel (eBPF): nothing is restarted, preloaded or stopped.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "watch/assemble.h"

namespace cloexec::watch {

/// Why it cannot be had here, in one sentence.
struct Unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Options {
  std::size_t room = 16 << 20;  // bytes of the ring; a power of two, and a page at least
  std::vector<int> processes;   // these and what they start; none is all
  bool notes_makers = false;    // who has made what crosses: a look at the end of every system call
};

class Watch {
 public:
  /// From now on execs are noted. `take` gets them, one after the other, within read(). Throws Unavailable.
  Watch(const Options& options, Assembler::Take take);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Also these and what they start: where some alone are watched, and these were started before forks were noted.
  /// Whether one of them is new.
  bool follow(const std::vector<int>& processes);

  /// Becomes readable when much is waiting; what is little is not told of: it takes a look every few milliseconds.
  int descriptor() const;

  /// Takes what there is.
  void read();

  /// No exec is noted any more; takes what is left.
  void stop();

  /// The image that a process has now, as its exec told it; before_watch and the number of a process where that, or one
  /// that it was forked from, was there before the watch. 0 when nothing is known.
  std::uint64_t image_of(int process) const;

  /// Records that had no room, and execs that were missed.
  std::uint64_t lost() const;

 private:
  struct Loaded;
  std::unique_ptr<Loaded> loaded_;
  Assembler assembler_;
};

}  // namespace cloexec::watch
