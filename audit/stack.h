// SPDX-License-Identifier: Apache-2.0
//
// A call stack as an audited process leaves it for the reader, who unwinds it: the registers, and of the stack those
// words alone that an unwinder may need, return addresses and saved frame pointers. Nothing else of what a program
// keeps on its stack leaves it. Alike for 32-bit and 64-bit programs. The reader trusts nothing in it.
//
// Slots for them lie behind the ring's records. A record of a descriptor made or marked names the ticket of its stack,
// or that of the last one that this thread has left before, when it is the same; who takes the record frees the slot.
// One of which there is no record (its writer was killed in between, or the record had no room) is freed by the writer,
// or stays taken.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "audit/record.h"

namespace cloexec::audit {

/// As ELF has it: e_machine (elf(5)).
enum class Machine : std::uint16_t {
  x86 = 3,
  mips64 = 8,
  ppc64 = 21,
  s390 = 22,
  arm = 40,
  x86_64 = 62,
  aarch64 = 183,
  riscv = 243,
};

inline constexpr std::uint32_t stack_size = 4096;
inline constexpr std::size_t most_registers = 13;
inline constexpr std::size_t most_words = 352;
/// A stack is looked through for so many bytes at most: 32 KiB.
inline constexpr std::size_t most_stack = 32768;

struct alignas(8) Stack {
  std::uint32_t state;  // State
  std::uint32_t ticket;
  std::uint64_t caller;  // where the call returns to
  std::uint64_t begin;   // the bytes that were looked through
  std::uint64_t end;
  Machine machine;
  std::uint16_t is_cut;  // whether words or modules had no room
  std::uint16_t word_count;
  std::uint16_t modules_size;
  std::uint64_t registers[most_registers];                              // see registers_of
  std::uint64_t words[most_words];                                      // see pack; their places rise
  char modules[stack_size - 40 - most_registers * 8 - most_words * 8];  // see Module
};
static_assert(sizeof(Stack) == stack_size);

/// A word of the stack and its place, in words of that machine behind `begin`. Addresses have 48 bits at most.
constexpr std::uint64_t pack(std::uint64_t place, std::uint64_t word) { return place << 48U | word; }
constexpr std::uint64_t place_in(std::uint64_t packed) { return packed >> 48U; }
constexpr std::uint64_t word_in(std::uint64_t packed) { return packed & ((std::uint64_t{1} << 48U) - 1); }

/// An object that words point into, as its process has mapped it. Its path follows: as the loader has it, empty for the
/// program itself. The next one follows that, unaligned.
struct Module {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t bias;      // what its addresses differ from those in its file by
  std::uint32_t build_id;  // its first bytes; 0 when it has none
  std::uint32_t path_size;
};

/// The pseudo-register in which the program counter is kept where it has no number of its own.
inline constexpr int program_counter = -1;

inline constexpr std::array arm_registers{4, 5, 6, 7, 8, 9, 10, 11, 13, program_counter};
inline constexpr std::array mips64_registers{16, 17, 18, 19, 20, 21, 22, 23, 28, 30, 29, program_counter};
inline constexpr std::array ppc64_registers{21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 1, program_counter};
inline constexpr std::array riscv_registers{8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 2, program_counter};
inline constexpr std::array s390_registers{6, 7, 8, 9, 10, 11, 12, 13, 15, program_counter};
inline constexpr std::array x86_registers{3, 5, 6, 7, 4, 8};
inline constexpr std::array x86_64_registers{3, 6, 12, 13, 14, 15, 7, 16};
inline constexpr std::array aarch64_registers{19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 31, program_counter};

/// Which registers `Stack::registers` are, by the numbers that DWARF gives them (psABIs): those that a called function
/// must keep, or as many of them as there is room for, the stack pointer, and last the program counter. Empty for a
/// machine that is not known.
constexpr std::span<const int> registers_of(Machine machine) {
  switch (machine) {
    case Machine::x86:
      return x86_registers;
    case Machine::x86_64:
      return x86_64_registers;
    case Machine::aarch64:
      return aarch64_registers;
    case Machine::arm:
      return arm_registers;
    case Machine::mips64:
      return mips64_registers;
    case Machine::ppc64:
      return ppc64_registers;
    case Machine::riscv:
      return riscv_registers;
    case Machine::s390:
      return s390_registers;
  }
  return {};
}

/// The slots for stacks lie behind those for records.
inline Stack* stacks_of(Ring* ring, std::uint32_t slot_count) {
  return reinterpret_cast<Stack*>(slots_of(ring) + slot_count);
}

}  // namespace cloexec::audit
