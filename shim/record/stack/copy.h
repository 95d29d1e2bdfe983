// SPDX-License-Identifier: Apache-2.0
//
// Leaves this thread's call stack in the ring, for the reader to unwind: no unwinder runs here, no lock is taken, no
// heap and no system call is made, but for what bounds.h says.
#pragma once

#include <cstddef>
#include <cstdint>

#include "audit/stack.h"
#include "shim/record/ring.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Finds the slots for stacks behind the `records` of a ring of `size` bytes that was just mapped; false when it does
/// not have what it says.
bool find_stacks(audit::Ring* mapped, std::size_t size, std::uint32_t records);

/// A copy, to be named in a record; or the last one that this thread has left, when that is the same. `caller` is in
/// the code that made the call; null where that is not known.
class StackCopy {
 public:
  /// Makes none.
  StackCopy() = default;
  explicit StackCopy(const void* caller);

  /// The reader will find it by that record; it is freed when there is none. To be called once.
  void name_in(const Entry& entry) const;

 private:
  audit::Stack* stack_ = nullptr;
  std::uint32_t ticket_ = 0;
  bool is_repeated_ = false;
  std::uint64_t fingerprint_ = 0;
};

}  // namespace cloexec
