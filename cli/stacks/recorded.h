// SPDX-License-Identifier: Apache-2.0
//
// A call stack as a process has left it in the ring (audit/stack.h), once it was looked at: whoever wrote it may be
// hostile.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "audit/stack.h"

namespace cloexec::cli {

/// An object of a process, as it was mapped.
struct MappedObject {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t bias;  // what its addresses differ from those in its file by
  std::uint32_t build_id;
  std::string path;  // empty: the program
};

struct RecordedStack {
  std::int64_t read_at = 0;  // nanoseconds since the Epoch
  audit::Machine machine{};
  bool is_cut = false;       // whether something had no room
  std::uint64_t caller = 0;  // where the call returns to
  std::uint64_t begin = 0;   // of what was looked through
  std::uint64_t end = 0;
  std::vector<std::uint64_t> registers;  // audit::registers_of
  std::vector<std::uint64_t> words;      // with their places, which rise: audit::pack
  std::string modules;                   // packed, as they came

  /// In bytes.
  std::uint64_t word_size() const { return machine == audit::Machine::x86 ? 4 : 8; }

  /// Whether it is the same, whenever it was read; and a number that is then the same.
  bool is_like(const RecordedStack& other) const;
  std::size_t hash() const;

  /// What the words point into.
  std::vector<MappedObject> objects() const;
};

/// Null when it makes no sense. Reads what is used of `stack`, to which somebody may write meanwhile. `now`: read_at.
std::shared_ptr<const RecordedStack> read_stack(const audit::Stack& stack, std::int64_t now);

}  // namespace cloexec::cli
