// SPDX-License-Identifier: Apache-2.0
//
// The registers from which an unwinder begins.
#pragma once

#include "audit/stack.h"

#if defined(__x86_64__)
#define CLOEXEC_MACHINE cloexec::audit::Machine::x86_64
#elif defined(__i386__)
#define CLOEXEC_MACHINE cloexec::audit::Machine::x86
#elif defined(__aarch64__)
#define CLOEXEC_MACHINE cloexec::audit::Machine::aarch64
#endif

/// Those of whoever calls it, as they are when it has returned: audit::registers_of says which.
extern "C" [[gnu::visibility("hidden")]] void cloexec_save_registers(std::uint64_t* registers);

namespace [[gnu::visibility("hidden")]] cloexec {

inline constexpr audit::Machine own_machine = CLOEXEC_MACHINE;

inline constexpr std::size_t register_count = audit::registers_of(own_machine).size();
inline constexpr std::size_t stack_pointer_place = register_count - 2;
inline constexpr std::size_t program_counter_place = register_count - 1;

}  // namespace cloexec
