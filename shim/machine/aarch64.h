// SPDX-License-Identifier: Apache-2.0
//
// arm64: the AArch64 procedure call standard.
#pragma once

#include "shim/machine/common.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Machine : CommonMachine {
  static constexpr std::uint16_t elf = 183;  // e_machine (elf(5))

  static constexpr unsigned largest_page = 65536;
  static constexpr bool has_signed_addresses = true;

  [[gnu::always_inline]] static long call_system(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 asm("x8") = number;
    register long x0 asm("x0") = a;
    register long x1 asm("x1") = b;
    register long x2 asm("x2") = c;
    register long x3 asm("x3") = d;
    register long x4 asm("x4") = e;
    register long x5 asm("x5") = f;
    asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
  }

  static std::uintptr_t thread_area() {
    std::uintptr_t pointer;
    asm("mrs %0, tpidr_el0" : "=r"(pointer));
    return pointer;
  }
};

}  // namespace cloexec

#define CLOEXEC_BEGIN(name) ".cfi_startproc\n"
#define CLOEXEC_END ".cfi_endproc\n"
#define CLOEXEC_SAVE_ARGUMENTS                                                                         \
  "  stp x0, x1, [sp, -80]!\n  stp x2, x3, [sp, 16]\n  stp x4, x5, [sp, 32]\n  stp x6, x7, [sp, 48]\n" \
  "  stp x8, x30, [sp, 64]\n  .cfi_adjust_cfa_offset 80\n  .cfi_rel_offset x30, 72\n"
#define CLOEXEC_CALL(function) "  bl " function "\n"
#define CLOEXEC_JUMP                                                                        \
  "  mov x16, x0\n  ldp x2, x3, [sp, 16]\n  ldp x4, x5, [sp, 32]\n  ldp x6, x7, [sp, 48]\n" \
  "  ldp x8, x30, [sp, 64]\n  ldp x0, x1, [sp], 80\n  .cfi_adjust_cfa_offset -80\n  .cfi_restore x30\n  br x16\n"
#define CLOEXEC_FOLLOW_ROUTE(name) "  ldr x16, cloexec_route_" #name "\n  cbz x16, 1f\n  br x16\n1:\n"

// The frame is in x9, the return address in x30.
#define CLOEXEC_VFORK              \
  "  stp x29, x30, [sp, -16]!\n"   \
  "  .cfi_adjust_cfa_offset 16\n"  \
  "  .cfi_rel_offset x30, 8\n"     \
  "  bl cloexec_begin_vfork\n"     \
  "  ldp x29, x30, [sp], 16\n"     \
  "  .cfi_adjust_cfa_offset -16\n" \
  "  .cfi_restore x30\n"           \
  "  cbnz x0, 1f\n"                \
  "  b cloexec_fork_instead\n"     \
  "1:mov x9, x0\n"                 \
  "  ldr x4, [x9]\n"               \
  "  mov w0, 0x4111\n"             \
  "  movk w0, 0x120, lsl 16\n"     \
  "  mov x1, 0\n"                  \
  "  mov x2, 0\n"                  \
  "  mov x3, 0\n"                  \
  "  mov x8, 220\n"                \
  "  svc 0\n"                      \
  "  mov x1, x9\n"                 \
  "  b cloexec_end_vfork\n"

#define CLOEXEC_SAVE_REGISTERS                                                                  \
  "  stp x19, x20, [x0]\n  stp x21, x22, [x0, 16]\n  stp x23, x24, [x0, 32]\n"                  \
  "  stp x25, x26, [x0, 48]\n  stp x27, x28, [x0, 64]\n  mov x9, sp\n  stp x29, x9, [x0, 80]\n" \
  "  str x30, [x0, 96]\n  ret\n"
