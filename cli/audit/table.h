// SPDX-License-Identifier: Apache-2.0
//
// The descriptors of a process by their numbers. A fork copies all of them, and changes none: a copy shares what it
// has with the original, block by block, until one of the two changes something there.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "cli/audit/descriptor.h"

namespace cloexec::cli {

class Table {
 public:
  /// Null when nothing was ever known of it. Valid until the table changes.
  [[nodiscard]] const Descriptor* find(int fd) const;

  /// The same for who changes it; not whether it is open.
  Descriptor* edit(int fd);

  /// Whether nothing was ever known of any.
  [[nodiscard]] bool is_empty() const { return blocks_.empty(); }

  void set(int fd, Descriptor descriptor);
  void erase(int fd);

  /// Calls visit(fd, descriptor) for those open from `first` to `last`, which may be more than there are, in order.
  template <typename Visit>
  void each_open(int first, int last, Visit visit) const {
    for (const auto& [number, block] : blocks_)
      for (std::uint32_t open = block->open; open != 0; open &= open - 1) {
        const int place = std::countr_zero(open);
        const int fd = number * block_size + place;
        if (fd >= first && fd <= last) visit(fd, block->descriptors[static_cast<std::size_t>(place)]);
      }
  }

  /// Of those known, open or not.
  template <typename Visit>
  void each(Visit visit) const {
    for (const auto& [number, block] : blocks_)
      for (std::uint32_t known = block->known; known != 0; known &= known - 1) {
        const int place = std::countr_zero(known);
        visit(number * block_size + place, block->descriptors[static_cast<std::size_t>(place)]);
      }
  }

 private:
  static constexpr int block_size = 8;  // most processes have few

  struct Block {
    std::uint32_t known = 0;  // a bit each
    std::uint32_t open = 0;
    std::array<Descriptor, block_size> descriptors;
  };
  using Numbered = std::pair<int, std::shared_ptr<Block>>;

  /// Of this table alone; made when it is not there.
  Block& own_block(int number);

  std::vector<Numbered> blocks_;  // sorted
};

}  // namespace cloexec::cli
