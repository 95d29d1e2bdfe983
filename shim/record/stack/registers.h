// SPDX-License-Identifier: Apache-2.0
//
// The registers from which an unwinder begins.
#pragma once

#include "audit/stack.h"
#include "shim/machine/machine.h"

/// Those of whoever calls it, as they are when it has returned: audit::registers_of says which.
extern "C" [[gnu::visibility("hidden")]] void cloexec_save_registers(std::uint64_t* registers);

namespace [[gnu::visibility("hidden")]] cloexec {

inline constexpr audit::Machine own_machine{Machine::elf};

inline constexpr std::size_t register_count = audit::registers_of(own_machine).size();
inline constexpr std::size_t stack_pointer_place = register_count - 2;
inline constexpr std::size_t program_counter_place = register_count - 1;

}  // namespace cloexec
