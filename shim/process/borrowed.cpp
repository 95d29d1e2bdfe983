// SPDX-License-Identifier: Apache-2.0

#include "shim/process/borrowed.h"

#include <iterator>

#include "shim/host/memory.h"

namespace cloexec {

constinit thread_local Borrowed borrowed;

namespace {

constexpr std::size_t table_size = sizeof forced_table;

void forget_changes() {
  if (borrowed.table != nullptr) unmap_memory(borrowed.table, table_size);
  borrowed.table = nullptr;
}

}  // namespace

Stamp* changes() {
  if (borrowed.table == nullptr) borrowed.table = static_cast<Stamp*>(map_memory(table_size));
  return borrowed.table;
}

VforkFrame* begin_vfork() {
  // A handler may have jumped out of the end of an earlier one.
  forget_changes();
  borrowed.since = begin_epoch();
  VforkFrame& frame = borrowed.frames[borrowed.next_frame++ % std::size(borrowed.frames)];
  frame.child = &borrowed.child;
  frame.has_begun = 0;
  return &frame;
}

void end_vfork() {
  borrowed.child = 0;
  forget_changes();
}

}  // namespace cloexec
