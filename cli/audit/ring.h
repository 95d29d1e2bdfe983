// SPDX-License-Identifier: Apache-2.0
//
// The reader's end of the ring. The audited programs write to it, and any of them may be hostile: nothing in it is
// followed before it was looked at.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "audit/record.h"
#include "cli/stacks/recorded.h"

namespace cloexec::cli {

/// A record that made sense.
struct Event {
  std::uint64_t ticket;  // the order in which things happened, as far as threads have one
  audit::Event what;
  std::uint8_t flags;
  int pid;
  int tid;
  int fd;
  int other;
  std::uint32_t mode;
  std::uint32_t detail;
  std::uint64_t seen;  // forked: the ticket of the parent's last record
  std::uint64_t offset;
  std::string texts;  // as they lie in the record: each with its size before it, in two bytes
  std::shared_ptr<const RecordedStack> stack = {};  // made, flagged: where there is one that was not there before
  std::optional<std::uint32_t> stack_ticket = {};   // by which the thread's next records may name it
  std::int64_t read_at = 0;                         // nanoseconds since the Epoch

  [[nodiscard]] bool has(unsigned flag) const { return (flags & flag) != 0; }
  /// `place` is the event's: audit::MadeText and its like. Empty when there is none. Valid as long as the event.
  template <typename Place>
  [[nodiscard]] std::string_view view(Place place) const {
    return view_at(static_cast<std::size_t>(place));
  }
  template <typename Place>
  [[nodiscard]] std::string text(Place place) const {
    return std::string(view(place));
  }

 private:
  [[nodiscard]] std::string_view view_at(std::size_t index) const;
};

class Ring {
 public:
  /// Makes room for `slots` records, a power of two; `with_stacks`: and for the call stacks of all that make a
  /// descriptor. Throws when there is no memory for it: a ring without would kill who writes to it.
  explicit Ring(std::uint32_t slots, bool with_stacks = false);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// Where this user's programs find it, while this process lives.
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Its descriptor, by which who has it may write to it and do nothing else: it can neither shrink nor grow.
  [[nodiscard]] int fd() const { return fd_; }

  /// Takes out what has become ready, in order. Valid until something is taken again, and may be moved from.
  std::span<Event> take();

  /// The same of whatever is there, for when nobody writes any more.
  std::span<Event> take_rest();

  /// All that is told of tickets before this one has been taken: at this one somebody is still writing. A writer that
  /// takes very long may have been killed or stopped, and is waited for no more.
  [[nodiscard]] std::uint64_t whole_until() const;

  /// Records that had no room, or were not whole. Those that a killed writer has left count when `is_over`.
  [[nodiscard]] std::uint64_t lost(bool is_over) const;

  /// Call stacks that had no room.
  [[nodiscard]] std::uint64_t lost_stacks() const;

 private:
  using Clock = std::chrono::steady_clock;

  /// A slot that was not ready when it was its turn.
  struct Awaited {
    std::uint64_t ticket;
    Clock::time_point since;
  };

  bool take_slot(std::uint32_t slot);
  std::shared_ptr<const RecordedStack> take_stack(std::uint32_t ticket);
  void take_awaited();
  void take_next();
  std::uint32_t next_ticket();
  std::span<Event> taken_in_order();
  [[nodiscard]] std::uint64_t whole_ticket(std::uint32_t ticket) const;

  std::string path_;
  int fd_ = -1;
  std::uint32_t slots_;
  std::uint32_t stacks_;
  std::size_t size_;
  audit::Ring* file_ = nullptr;
  std::uint32_t used_ = 0;  // no ticket has led to a slot behind these yet
  std::uint32_t next_ = 0;  // the first ticket that was not looked for yet
  std::unordered_map<std::uint32_t, Awaited> awaited_;
  std::vector<Event> taken_;
  std::int64_t read_at_ = 0;
  std::array<std::shared_ptr<const RecordedStack>, 1024> recent_;
  std::uint64_t last_ticket_ = std::uint64_t{1} << 32U;  // the highest so far; there is room below the first
  std::uint64_t senseless_ = 0;
};

}  // namespace cloexec::cli
