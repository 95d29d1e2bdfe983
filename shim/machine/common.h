// SPDX-License-Identifier: Apache-2.0
//
// What most architectures have alike; the file of one that has not says so.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace [[gnu::visibility("hidden")]] cloexec {

struct CommonMachine {
  /// Bytes of the largest page that a kernel for it may have.
  static constexpr unsigned largest_page = 4096;

  /// Whether mmap(2) finds its arguments in memory.
  static constexpr bool has_arguments_of_mmap_in_memory = false;

  /// Which argument of the system call clone(2) has the flags, counted from 1.
  static constexpr unsigned place_of_clone_flags = 1;

  /// Whether the system call pipe(2) gives the two numbers as results.
  static constexpr bool does_pipe_return_both = false;

  /// Whether a narrow unsigned argument is passed with its sign, as if it had one.
  static constexpr bool is_unsigned_passed_with_sign = false;

  /// Whether a variadic function may be called by a type that is not.
  static constexpr bool can_call_variadic_as_fixed = true;

  /// Whether the upper bits of an address may be a signature or a tag.
  static constexpr bool has_signed_addresses = false;

  /// What the system calls have stat(2) tell, which is libc's struct as a rule.
  using Status = struct stat64;

  /// What DT_HASH tables are made of (elf(5)).
  using HashWord = std::uint32_t;

  /// Adds bits to an object in one step, as seen by this thread's signal handlers at least.
  [[gnu::always_inline]] static void add_bits(unsigned& object, unsigned bits) {
    __atomic_fetch_or(&object, bits, __ATOMIC_RELAXED);
  }
};

}  // namespace cloexec
