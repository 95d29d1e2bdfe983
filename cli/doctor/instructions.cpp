// SPDX-License-Identifier: Apache-2.0

#include "cli/doctor/instructions.h"

#include <elf.h>

#include <algorithm>

namespace cloexec::cli {
namespace {

using Code = std::span<const std::uint8_t>;

/// No Linux has as many; x32's have this bit besides.
constexpr std::uint32_t most_numbers = 600;
constexpr std::uint32_t x32_bit = 0x40000000;

bool has(Code code, std::size_t at, std::initializer_list<std::uint8_t> bytes) {
  return at <= code.size() && bytes.size() <= code.size() - at &&
         std::equal(bytes.begin(), bytes.end(), code.begin() + static_cast<std::ptrdiff_t>(at));
}

std::uint32_t word_at(Code code, std::size_t at) {
  return std::uint32_t{code[at]} | std::uint32_t{code[at + 1]} << 8U | std::uint32_t{code[at + 2]} << 16U |
         std::uint32_t{code[at + 3]} << 24U;
}

/// Whether the instruction before `at` is one that a distance of four bytes, beginning there, belongs to: a call, a
/// jump, or an address relative to %rip.
bool wants_distance(Code code, std::size_t at) {
  if (at < 2) return false;
  const std::uint8_t last = code[at - 1];
  const std::uint8_t one_before = code[at - 2];
  // "mov %rbp,%rax" and its like end so too.
  if (last == 0xE8 || last == 0xE9) return one_before != 0x89 && one_before != 0x8B;
  return (one_before == 0x0F && (last & 0xF0U) == 0x80) || (last & 0xC7U) == 0x05;
}

/// Most of what looks like a system call is part of one, with a highest byte that says "not far".
bool is_in_distance(Code code, std::size_t at) {
  const auto is_near = [&](std::size_t highest) {
    return highest < code.size() && (code[highest] == 0x00 || code[highest] == 0xFF);
  };
  return (wants_distance(code, at) && is_near(at + 3)) || (at > 0 && wants_distance(code, at - 1) && is_near(at + 2));
}

/// "mov $number,%eax" shortly before, or "cmp $-4095,%rax" or "$-4096" behind: what libc's syscall() has in its stead.
bool is_evident_on_x86(Code code, std::size_t at) {
  if (is_in_distance(code, at)) return false;
  const std::size_t first = at - std::min(at, system_call_context);
  for (std::size_t i = first; i + 5 <= at; ++i) {
    const bool is_short = code[i] == 0xB8;
    const bool is_long = has(code, i, {0x48, 0xC7, 0xC0}) && i + 7 <= at;
    if ((is_short || is_long) && (word_at(code, i + (is_short ? 1 : 3)) & ~x32_bit) < most_numbers) return true;
  }
  for (std::size_t i = at + 2; i < at + 8; ++i)
    if (has(code, i, {0x3D, 0x01, 0xF0, 0xFF, 0xFF}) || has(code, i, {0x3D, 0x00, 0xF0, 0xFF, 0xFF})) return true;
  return false;
}

}  // namespace

bool knows_system_calls_of(const Architecture& architecture) {
  return architecture.machine == EM_X86_64 || architecture.machine == EM_386 || architecture.machine == EM_AARCH64;
}

void count_system_calls(const Architecture& architecture, Code code, std::size_t begin, std::size_t end,
                        RawCalls& calls) {
  if (architecture.machine == EM_AARCH64) {
    // Instructions are little-endian whatever the data are, and aligned: a range begins with one.
    for (std::size_t at = begin + (4 - begin % 4) % 4; at < end; at += 4) {
      if (!has(code, at, {0x01, 0x00, 0x00, 0xD4})) continue;
      ++calls.found;
      ++calls.evident;
    }
    return;
  }
  const bool is_64 = architecture.machine == EM_X86_64;
  for (std::size_t at = begin; at < end; ++at) {
    const bool is_call =
        is_64 ? has(code, at, {0x0F, 0x05}) : has(code, at, {0xCD, 0x80}) || has(code, at, {0x0F, 0x34});
    if (!is_call) continue;
    ++calls.found;
    if (is_evident_on_x86(code, at)) ++calls.evident;
  }
}

}  // namespace cloexec::cli
