// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/table.h"

#include <algorithm>

namespace cloexec::cli {
namespace {

/// The first block that is not before `number`.
auto place_of(auto& blocks, int number) {
  return std::lower_bound(blocks.begin(), blocks.end(), number,
                          [](const auto& block, int wanted) { return block.first < wanted; });
}

}  // namespace

const Descriptor* Table::find(int fd) const {
  if (fd < 0) return nullptr;
  const auto found = place_of(blocks_, fd / block_size);
  const int place = fd % block_size;
  if (found == blocks_.end() || found->first != fd / block_size || (found->second->known >> place & 1U) == 0)
    return nullptr;
  return &found->second->descriptors[static_cast<std::size_t>(place)];
}

Table::Block& Table::own_block(int number) {
  const auto found = place_of(blocks_, number);
  if (found == blocks_.end() || found->first != number)
    return *blocks_.insert(found, {number, std::make_shared<Block>()})->second;
  if (found->second.use_count() > 1) found->second = std::make_shared<Block>(*found->second);
  return *found->second;
}

Descriptor* Table::edit(int fd) {
  if (find(fd) == nullptr) return nullptr;
  return &own_block(fd / block_size).descriptors[static_cast<std::size_t>(fd % block_size)];
}

void Table::set(int fd, Descriptor descriptor) {
  if (fd < 0) return;
  Block& block = own_block(fd / block_size);
  const std::uint32_t bit = std::uint32_t{1} << fd % block_size;
  block.known |= bit;
  block.open = descriptor.is_open ? block.open | bit : block.open & ~bit;
  block.descriptors[static_cast<std::size_t>(fd % block_size)] = std::move(descriptor);
}

void Table::erase(int fd) {
  if (find(fd) == nullptr) return;
  Block& block = own_block(fd / block_size);
  const std::uint32_t bit = std::uint32_t{1} << fd % block_size;
  block.known &= ~bit;
  block.open &= ~bit;
  block.descriptors[static_cast<std::size_t>(fd % block_size)] = {};
}

}  // namespace cloexec::cli
