// SPDX-License-Identifier: Apache-2.0
//
// The reader's end of the ring. The audited programs write to it, and any of them may be hostile: nothing in it is
// followed before it was looked at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/record.h"

namespace cloexec::cli {

/// A record that made sense.
struct Event {
  std::uint64_t ticket;  // the order in which things happened, as far as threads have one
  audit::Event what;
  unsigned flags;
  int pid;
  int tid;
  int fd;
  int other;
  std::uint64_t seen;  // forked: the ticket of the parent's last record
  std::uint32_t mode;
  std::uint32_t detail;
  std::uint64_t offset;
  std::vector<std::string> texts;

  bool has(unsigned flag) const { return (flags & flag) != 0; }
  /// `place` is the event's: audit::MadeText and its like. Empty when there is none.
  template <typename Place>
  std::string text(Place place) const {
    const auto index = static_cast<std::size_t>(place);
    return index < texts.size() ? texts[index] : std::string();
  }
};

class Ring {
 public:
  /// Makes a file of `slots` records, a power of two, that only this user may open. Throws when there is no room for
  /// it: a ring without blocks behind it would kill who writes to it.
  explicit Ring(std::uint32_t slots);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  const std::string& path() const { return path_; }

  /// Takes out what is ready, in order.
  std::vector<Event> take();

  /// Records that had no room, or were not whole. Those that a killed writer has left count when `is_over`.
  std::uint64_t lost(bool is_over) const;

 private:
  std::uint64_t whole_ticket(std::uint32_t ticket) const;
  bool is_still_whole() const;

  std::string path_;
  int fd_ = -1;
  std::uint32_t slots_;
  std::size_t size_;
  audit::Ring* file_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t senseless_ = 0;
};

}  // namespace cloexec::cli
