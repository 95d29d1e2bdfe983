// SPDX-License-Identifier: Apache-2.0
//
// What an ELF file says about itself, as far as a preload is concerned. The file may be anyone's: every size and place
// in it is checked, and no byte is read more often than a few times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace cloexec::cli {

inline constexpr std::string_view elf_magic{
    "\x7f"
    "ELF",
    4};

/// What ld.so compares before it loads one file beside another.
struct Architecture {
  std::uint16_t machine = 0;  // EM_*
  bool is_64 = false;
  bool is_big_endian = false;

  bool operator==(const Architecture&) const = default;
  [[nodiscard]] std::string name() const;
};

/// Byte sequences that are system call instructions, or look so.
struct RawCalls {
  bool is_known = false;    // what they look like on this machine
  std::size_t found = 0;    // all that look so
  std::size_t evident = 0;  // those beside which the call's number, or the check for its error, stands
};

struct ElfFile {
  Architecture architecture;
  std::optional<std::string> interpreter;  // PT_INTERP
  bool is_movable = false;                 // ET_DYN
  bool is_pie = false;                     // DF_1_PIE
  bool has_sections = false;
  bool is_go = false;
  std::string soname;
  std::string address_sanitizer;              // its runtime, when that is among the libraries needed (DT_NEEDED)
  bool needs_leak_sanitizer = false;          // among these is a runtime that has it
  std::unordered_set<std::string> imports;    // undefined dynamic symbols
  std::unordered_set<std::string> functions;  // global functions that it defines for everyone
  RawCalls raw_calls;
};

/// Throws with the file's name when it is not an ELF file that could be executed or preloaded.
ElfFile read_elf(const std::string& path);

/// The same, of what its program headers tell alone: its sections, symbols and code are left empty.
ElfFile read_elf_headers(const std::string& path);

}  // namespace cloexec::cli
