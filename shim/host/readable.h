// SPDX-License-Identifier: Apache-2.0
//
// Whether what a program hands to an exec can be read at all: where it cannot, the kernel says EFAULT (execve(2)), and
// the host must not die of our looking first.
#pragma once

#include <cstdint>

namespace [[gnu::visibility("hidden")]] cloexec {

/// Whether the kernel can read the page that `place` is in, as it says when asked.
bool is_readable(std::uintptr_t place);

/// Whether a place can be read, told without asking the kernel; false when that is not known.
using Voucher = bool(const void* place);

/// Set by who must not make system calls: an audit's recorder. Else null.
extern constinit Voucher* vouch;

/// Asks the kernel once a page, unless its last answers or the voucher tell.
class ReadableMemory {
 public:
  /// A text with its end; not a null pointer.
  bool has(const char* text);

  /// A list that a null pointer ends, and all its texts; or no list.
  bool has(const char* const* list);

 private:
  bool has_page_of(std::uintptr_t place);

  static constexpr std::uintptr_t page_size = 4096;  // none is smaller
  static constexpr std::uintptr_t none = ~std::uintptr_t{0};
  static constexpr unsigned most = 4;

  /// The page that can be read of those that have their place where that of `place` has it.
  std::uintptr_t& known(std::uintptr_t place) { return pages_[place / page_size % most]; }

  std::uintptr_t pages_[most] = {none, none, none, none};
};

}  // namespace cloexec
