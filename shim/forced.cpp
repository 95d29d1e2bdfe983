// SPDX-License-Identifier: Apache-2.0

#include "shim/forced.h"

namespace cloexec {

constinit bool forced_table[most_forced] = {};

namespace {

/// A vfork child has descriptors of its own but its parent's memory. What it does to the lower numbers is known for as
/// long as it lives; to higher ones it does little.
constexpr unsigned most_own = 1024;

struct Own {
  int process;
  std::uint32_t known[most_own / 32];
  std::uint32_t forced[most_own / 32];
};

constinit thread_local Own own = {};

constinit unsigned end = 0;

constexpr std::uint32_t bit_of(unsigned number) { return std::uint32_t{1} << number % 32; }

}  // namespace

int& own_process() { return own.process; }

void begin_vfork_child() {
  ++vfork_depth;
  own = {};
}

bool is_forced(int fd) {
  const auto number = static_cast<unsigned>(fd);
  if (number >= most_forced) return false;
  if (!is_vfork_child() || number >= most_own) return forced_table[number];
  const bool is_known = (own.known[number / 32] & bit_of(number)) != 0;
  return is_known ? (own.forced[number / 32] & bit_of(number)) != 0 : forced_table[number];
}

unsigned forced_end() { return end; }

void note_forced(int fd, bool by_us) {
  const auto number = static_cast<unsigned>(fd);
  if (number >= most_forced) return;
  if (by_us && number >= end) end = number + 1;
  if (!is_vfork_child()) {
    if (forced_table[number] != by_us) forced_table[number] = by_us;
    return;
  }
  if (number >= most_own) return;
  const std::uint32_t bit = bit_of(number);
  own.known[number / 32] |= bit;
  own.forced[number / 32] = by_us ? own.forced[number / 32] | bit : own.forced[number / 32] & ~bit;
}

}  // namespace cloexec
