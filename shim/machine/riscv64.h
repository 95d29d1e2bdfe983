// SPDX-License-Identifier: Apache-2.0
//
// riscv64: the RISC-V psABI, LP64D.
#pragma once

#include "shim/machine/common.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Machine : CommonMachine {
  static constexpr std::uint16_t elf = 243;  // e_machine (elf(5))

  static constexpr bool is_unsigned_passed_with_sign = true;

  [[gnu::always_inline]] static long call_system(long number, long a, long b, long c, long d, long e, long f) {
    register long a7 asm("a7") = number;
    register long a0 asm("a0") = a;
    register long a1 asm("a1") = b;
    register long a2 asm("a2") = c;
    register long a3 asm("a3") = d;
    register long a4 asm("a4") = e;
    register long a5 asm("a5") = f;
    asm volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
    return a0;
  }

  static std::uintptr_t thread_area() { return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer()); }
};

}  // namespace cloexec

#define CLOEXEC_BEGIN(name) ".cfi_startproc\n"
#define CLOEXEC_END ".cfi_endproc\n"
#define CLOEXEC_SAVE_ARGUMENTS                                                                        \
  "  addi sp, sp, -80\n  .cfi_adjust_cfa_offset 80\n  sd a0, (sp)\n  sd a1, 8(sp)\n  sd a2, 16(sp)\n" \
  "  sd a3, 24(sp)\n  sd a4, 32(sp)\n  sd a5, 40(sp)\n  sd a6, 48(sp)\n  sd a7, 56(sp)\n"             \
  "  sd ra, 64(sp)\n  .cfi_rel_offset ra, 64\n"
#define CLOEXEC_CALL(function) "  call " function "\n"
#define CLOEXEC_JUMP                                                                                \
  "  mv t1, a0\n  ld a0, (sp)\n  ld a1, 8(sp)\n  ld a2, 16(sp)\n  ld a3, 24(sp)\n  ld a4, 32(sp)\n" \
  "  ld a5, 40(sp)\n  ld a6, 48(sp)\n  ld a7, 56(sp)\n  ld ra, 64(sp)\n  .cfi_restore ra\n"         \
  "  addi sp, sp, 80\n  .cfi_adjust_cfa_offset -80\n  jr t1\n"
#define CLOEXEC_FOLLOW_ROUTE(name) "  lla t1, cloexec_route_" #name "\n  ld t1, (t1)\n  beqz t1, 1f\n  jr t1\n1:\n"

// The frame is in t0, the return address in ra.
#define CLOEXEC_VFORK              \
  "  addi sp, sp, -16\n"           \
  "  .cfi_adjust_cfa_offset 16\n"  \
  "  sd ra, 8(sp)\n"               \
  "  .cfi_rel_offset ra, 8\n"      \
  "  call cloexec_begin_vfork\n"   \
  "  ld ra, 8(sp)\n"               \
  "  .cfi_restore ra\n"            \
  "  addi sp, sp, 16\n"            \
  "  .cfi_adjust_cfa_offset -16\n" \
  "  bnez a0, 1f\n"                \
  "  tail cloexec_fork_instead\n"  \
  "1:mv t0, a0\n"                  \
  "  ld a4, (a0)\n"                \
  "  li a0, 0x01204111\n"          \
  "  li a1, 0\n"                   \
  "  li a2, 0\n"                   \
  "  li a3, 0\n"                   \
  "  li a7, 220\n"                 \
  "  ecall\n"                      \
  "  mv a1, t0\n"                  \
  "  tail cloexec_end_vfork\n"

#define CLOEXEC_SAVE_REGISTERS                                                                          \
  "  sd s0, (a0)\n  sd s1, 8(a0)\n  sd s2, 16(a0)\n  sd s3, 24(a0)\n  sd s4, 32(a0)\n  sd s5, 40(a0)\n" \
  "  sd s6, 48(a0)\n  sd s7, 56(a0)\n  sd s8, 64(a0)\n  sd s9, 72(a0)\n  sd s10, 80(a0)\n"              \
  "  sd sp, 88(a0)\n  sd ra, 96(a0)\n  ret\n"
