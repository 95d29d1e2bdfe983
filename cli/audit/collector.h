// SPDX-License-Identifier: Apache-2.0
//
// Brings events from the ring to the tracker in their order. Emptying the ring comes first: what has no room there is
// lost, what waits here is not.
#pragma once

#include <cstddef>
#include <deque>
#include <span>

#include "cli/audit/ring.h"
#include "cli/audit/tracker.h"

namespace cloexec::cli {

class Collector {
 public:
  Collector(Ring& ring, Tracker& tracker) : ring_(ring), tracker_(tracker) {}

  /// Empties the ring, and hands on some of what it has. Whether it should be called again at once.
  bool step();

  /// Hands on all, when nobody writes any more.
  void finish();

 private:
  void add(std::span<Event> events);

  Ring& ring_;
  Tracker& tracker_;
  std::deque<Event> waiting_;  // by ticket
};

}  // namespace cloexec::cli
