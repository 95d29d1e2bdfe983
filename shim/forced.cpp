// SPDX-License-Identifier: Apache-2.0

#include "shim/forced.h"

#include <cstring>

namespace cloexec {

alignas(std::uint64_t) constinit bool forced_table[most_forced] = {};

namespace {

/// A vfork child has descriptors of its own but its parent's memory, whose other threads go on. Of the lower numbers it
/// has a copy for as long as it lives; with higher ones it does little.
constexpr unsigned most_own = 1024;

struct Own {
  int process;
  std::uint32_t forced[most_own / 32];
};

constinit thread_local Own own = {};

constinit unsigned end_of_forced = 0;

constexpr std::uint32_t bit_of(unsigned number) { return std::uint32_t{1} << number % 32; }

}  // namespace

int& own_process() { return own.process; }

void begin_vfork_child() {
  own.process = 0;
  if (vfork_depth++ > 0) return;
  own = {};
  for (unsigned number = 0; number < most_own; ++number)
    if (forced_table[number]) own.forced[number / 32] |= bit_of(number);
}

bool is_forced(int fd) {
  const auto number = static_cast<unsigned>(fd);
  if (number >= most_forced) return false;
  if (!is_vfork_child() || number >= most_own) return forced_table[number];
  return (own.forced[number / 32] & bit_of(number)) != 0;
}

int next_forced(int fd, int end) {
  // Eight at a time: most of the table is empty.
  const auto is_empty_from = [](int number) {
    std::uint64_t eight;
    std::memcpy(&eight, forced_table + number, sizeof eight);
    return eight == 0 && (!is_vfork_child() || number >= static_cast<int>(most_own));
  };
  while (fd < end)
    if (fd % 8 == 0 && is_empty_from(fd))
      fd += 8;
    else if (is_forced(fd))
      return fd;
    else
      ++fd;
  return end;
}

unsigned forced_end() { return end_of_forced; }

void note_forced(int fd, bool by_us) {
  const auto number = static_cast<unsigned>(fd);
  if (number >= most_forced) return;
  if (by_us && number >= end_of_forced) end_of_forced = number + 1;
  if (!is_vfork_child()) {
    if (forced_table[number] != by_us) forced_table[number] = by_us;
    return;
  }
  if (number >= most_own) return;
  const std::uint32_t bit = bit_of(number);
  own.forced[number / 32] = by_us ? own.forced[number / 32] | bit : own.forced[number / 32] & ~bit;
}

}  // namespace cloexec
