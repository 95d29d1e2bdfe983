// SPDX-License-Identifier: Apache-2.0
//
// ppc64el: the ELF V2 ABI. Who calls a variadic function has room for its arguments on the stack.
#pragma once

#include "shim/machine/common.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Machine : CommonMachine {
  static constexpr std::uint16_t elf = 21;  // e_machine (elf(5))

  static constexpr unsigned largest_page = 65536;
  static constexpr bool can_call_variadic_as_fixed = false;

  [[gnu::always_inline]] static long call_system(long number, long a, long b, long c, long d, long e, long f) {
    register long r0 asm("r0") = number;
    register long r3 asm("r3") = a;
    register long r4 asm("r4") = b;
    register long r5 asm("r5") = c;
    register long r6 asm("r6") = d;
    register long r7 asm("r7") = e;
    register long r8 asm("r8") = f;
    asm volatile("sc\n\tbns+ 1f\n\tneg %1, %1\n1:"
                 : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
                 :
                 : "r9", "r10", "r11", "r12", "ctr", "xer", "cr0", "memory");
    return r3;
  }

  /// The register points behind it.
  static std::uintptr_t thread_area() {
    constexpr std::uintptr_t offset = 0x7000;
    std::uintptr_t pointer;
    asm("mr %0, 13" : "=r"(pointer));
    return pointer - offset;
  }
};

}  // namespace cloexec

// Who comes from another object has our address in r12, and does not know our r2.
#define CLOEXEC_BEGIN(name) \
  ".cfi_startproc\n0:addis 2, 12, .TOC. - 0b@ha\n  addi 2, 2, .TOC. - 0b@l\n  .localentry " #name ", . - " #name "\n"
#define CLOEXEC_END ".cfi_endproc\n"
#define CLOEXEC_SAVE_ARGUMENTS                                                                            \
  "  mflr 0\n  std 0, 16(1)\n  .cfi_rel_offset lr, 16\n  stdu 1, -160(1)\n  .cfi_adjust_cfa_offset 160\n" \
  "  std 3, 96(1)\n  std 4, 104(1)\n  std 5, 112(1)\n  std 6, 120(1)\n"                                   \
  "  std 7, 128(1)\n  std 8, 136(1)\n  std 9, 144(1)\n  std 10, 152(1)\n"
#define CLOEXEC_CALL(function) "  bl " function "\n  nop\n"
#define CLOEXEC_JUMP                                                                              \
  "  mr 12, 3\n  ld 3, 96(1)\n  ld 4, 104(1)\n  ld 5, 112(1)\n  ld 6, 120(1)\n"                   \
  "  ld 7, 128(1)\n  ld 8, 136(1)\n  ld 9, 144(1)\n  ld 10, 152(1)\n"                             \
  "  addi 1, 1, 160\n  .cfi_adjust_cfa_offset -160\n  ld 0, 16(1)\n  mtlr 0\n  .cfi_restore lr\n" \
  "  mtctr 12\n  bctr\n"
#define CLOEXEC_FOLLOW_ROUTE(name)                                               \
  "  addis 12, 2, cloexec_route_" #name "@toc@ha\n  ld 12, cloexec_route_" #name \
  "@toc@l(12)\n  cmpdi 12, 0\n"                                                  \
  "  beq 1f\n  mtctr 12\n  bctr\n1:\n"

// The frame is in r30 and has what that was, the return address is in lr.
#define CLOEXEC_VFORK              \
  "  mflr 0\n"                     \
  "  std 0, 16(1)\n"               \
  "  .cfi_rel_offset lr, 16\n"     \
  "  stdu 1, -32(1)\n"             \
  "  .cfi_adjust_cfa_offset 32\n"  \
  "  bl cloexec_begin_vfork\n"     \
  "  nop\n"                        \
  "  addi 1, 1, 32\n"              \
  "  .cfi_adjust_cfa_offset -32\n" \
  "  ld 0, 16(1)\n"                \
  "  mtlr 0\n"                     \
  "  .cfi_restore lr\n"            \
  "  cmpdi 3, 0\n"                 \
  "  bne 1f\n"                     \
  "  b cloexec_fork_instead\n"     \
  "1:std 30, 24(3)\n"              \
  "  mr 30, 3\n"                   \
  "  ld 7, 0(3)\n"                 \
  "  lis 3, 0x0120\n"              \
  "  ori 3, 3, 0x4111\n"           \
  "  li 4, 0\n"                    \
  "  li 5, 0\n"                    \
  "  li 6, 0\n"                    \
  "  li 0, 120\n"                  \
  "  sc\n"                         \
  "  bns+ 2f\n"                    \
  "  neg 3, 3\n"                   \
  "2:mr 4, 30\n"                   \
  "  ld 30, 24(4)\n"               \
  "  b cloexec_end_vfork\n"

#define CLOEXEC_SAVE_REGISTERS                                                                            \
  "  std 21, 0(3)\n  std 22, 8(3)\n  std 23, 16(3)\n  std 24, 24(3)\n  std 25, 32(3)\n  std 26, 40(3)\n"  \
  "  std 27, 48(3)\n  std 28, 56(3)\n  std 29, 64(3)\n  std 30, 72(3)\n  std 31, 80(3)\n  std 1, 88(3)\n" \
  "  mflr 0\n  std 0, 96(3)\n  blr\n"
