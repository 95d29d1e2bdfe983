// SPDX-License-Identifier: Apache-2.0
//
// Finds the instructions that make system calls without libc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cli/doctor/elf_file.h"

namespace cloexec::cli {

/// So many bytes on each side of an instruction say whether it is evident.
inline constexpr std::size_t system_call_context = 40;

bool knows_system_calls_of(const Architecture& architecture);

/// Adds those that begin in `code` from `begin` up to `end`.
void count_system_calls(const Architecture& architecture, std::span<const std::uint8_t> code, std::size_t begin,
                        std::size_t end, RawCalls& calls);

}  // namespace cloexec::cli
