// SPDX-License-Identifier: Apache-2.0

#include "shim/host/readable.h"

#include <linux/futex.h>

#include <cerrno>

#include "shim/host/raw_syscall.h"

namespace cloexec {

constinit Voucher* vouch = nullptr;

namespace {

/// As many as are read at a time; no word crosses a page.
using Bytes = std::uintptr_t;

/// A zero alone has a bit at its upper end that comes by borrowing one from above it.
bool has_zero(Bytes bytes) {
  constexpr Bytes ones = ~Bytes{0} / 255;
  return ((bytes - ones) & ~bytes & (ones << 7)) != 0;
}

/// Ones in the first `count` bytes of a word, fewer than it has.
Bytes first_bytes(unsigned count) {
  const bool is_little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
  return is_little ? (Bytes{1} << 8 * count) - 1 : ~(~Bytes{0} >> 8 * count);
}

}  // namespace

/// futex(2) reads the word before it finds that it is another, or that there is no time to wait. It is allowed in every
/// sandbox.
bool is_readable(std::uintptr_t place) {
  const long no_time[2] = {};  // a timespec as the kernel has it
  constexpr long unlikely = 0x5ca1ab1e;
  constexpr std::uintptr_t word = 4;
  return raw_syscall(__NR_futex, static_cast<long>(place / word * word), FUTEX_WAIT_PRIVATE, unlikely,
                     reinterpret_cast<long>(no_time)) != -EFAULT;
}

bool ReadableMemory::has_page_of(std::uintptr_t place) {
  if ((vouch == nullptr || !vouch(reinterpret_cast<const void*>(place))) && !is_readable(place)) return false;
  known(place) = place / page_size;
  return true;
}

bool ReadableMemory::has(const char* text) {
  auto place = reinterpret_cast<std::uintptr_t>(text);
  Bytes before = first_bytes(place % sizeof(Bytes));
  place -= place % sizeof(Bytes);
  while (known(place) == place / page_size || has_page_of(place)) do {
      if (has_zero(*reinterpret_cast<const Bytes*>(place) | before)) return true;
      before = 0;
      place += sizeof(Bytes);
    } while (place % page_size != 0);
  return false;
}

bool ReadableMemory::has(const char* const* list) {
  std::uintptr_t page = none;
  for (; list != nullptr; ++list) {
    const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(list + 1) - 1;
    if (end / page_size != page) {
      if (!has_page_of(reinterpret_cast<std::uintptr_t>(list)) || !has_page_of(end)) return false;
      page = end / page_size;
    }
    if (*list == nullptr) return true;
    if (!has(*list)) return false;
  }
  return true;
}

}  // namespace cloexec
