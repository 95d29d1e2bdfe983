// SPDX-License-Identifier: Apache-2.0
//
// What became of the descriptors of a process. A child says late what its parent had as it began, and threads tell of
// each other's forks: so the last changes can be undone.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "cli/audit/table.h"

namespace cloexec::cli {

class History {
 public:
  History() = default;
  explicit History(Table begun_with) : now_(std::move(begun_with)) {}

  [[nodiscard]] const Table& now() const { return now_; }

  /// With the changes until that ticket alone. What has changed too often since is not known in it.
  [[nodiscard]] Table as_of(std::uint64_t ticket) const;

  /// What is there from the beginning.
  void begin_with(int fd, Descriptor descriptor) { now_.set(fd, std::move(descriptor)); }

  /// From `ticket` on `fd` is this; what is told late finds its place among what was told before.
  void change(int fd, std::uint64_t ticket, Descriptor to);

  /// For what is found out later of what was there all the time; null when nothing is known of it.
  Descriptor* edit(int fd) { return now_.edit(fd); }

  /// What `fd` was, the latest first.
  [[nodiscard]] std::vector<const Descriptor*> versions(int fd) const;

 private:
  struct Change {
    std::uint64_t ticket = 0;
    int fd = -1;
    Descriptor before;
    bool was_known = false;
  };

  /// So many changes can be undone.
  static constexpr std::size_t most = 8192;

  using Changes = std::deque<Change>;

  void insert_late(int fd, std::uint64_t ticket, Descriptor to);
  [[nodiscard]] const Changes& changes() const;
  [[nodiscard]] static Changes::iterator behind(Changes& changes, std::uint64_t ticket);

  Table now_;
  std::unique_ptr<Changes> changes_;   // by ticket; most processes make none
  std::uint64_t forgotten_until_ = 0;  // the ticket of the last one that cannot be undone
};

}  // namespace cloexec::cli
