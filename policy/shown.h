// SPDX-License-Identifier: Apache-2.0
//
// What the shim shows of itself to who reads its process's memory, as `cloexec ps` does: many a server overwrites the
// environment that it was started with, and a program may switch the default at run time. The library has a note
// (elf(5)) of the name "cloexec", whose text is the distance from itself to these bytes, as a 32-bit number.
#pragma once

#include <cstdint>

namespace cloexec {

/// The type of the note; another one when the bytes are others.
inline constexpr std::uint32_t shown_version = 1;

/// Each 0 or 1.
struct Shown {
  std::uint8_t are_read = 0;         // the settings; else the rest says nothing yet
  std::uint8_t changes_nothing = 0;  // observe, off, or a copy of the library that was loaded later
  std::uint8_t is_off = 0;           // CLOEXEC_MODE=off
  std::uint8_t is_strict = 0;        // CLOEXEC_PROFILE=strict
  std::uint8_t is_switched_off = 0;  // cloexec_set_default()
};

}  // namespace cloexec
