// SPDX-License-Identifier: Apache-2.0
//
// Puts the records of the ring together: an exec comes behind its blocks, a block behind its descriptors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>

#include "watch/exec.h"

namespace cloexec::watch {

class Assembler {
 public:
  using Take = std::function<void(Exec)>;

  explicit Assembler(Take take) : take_(std::move(take)) {}

  /// A record of the ring, in the order in which they are there.
  void add(const void* record, std::size_t size);

  /// Records that are not understood.
  std::uint64_t lost() const { return lost_; }

 private:
  struct Known {
    std::shared_ptr<Descriptors> descriptors;
    std::uint64_t time = 0;
  };

  void add_descriptor(const watch_descriptor& record, std::size_t size);
  void add_maker(const watch_maker& record, std::size_t size);
  void add_block(const watch_block& record);
  void add_exec(const watch_exec& record, std::size_t size);
  void forget_old(std::uint64_t now);

  Take take_;
  std::unordered_map<std::uint64_t, Known> known_;                 // by block
  std::unordered_map<std::uint64_t, std::vector<Block>> waiting_;  // by exec
  std::uint64_t lost_ = 0;
  std::uint64_t forgotten_at_ = 0;
};

}  // namespace cloexec::watch
