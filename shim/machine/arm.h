// SPDX-License-Identifier: Apache-2.0
//
// armhf and armel: the EABI. The assembler is ARM, not Thumb, and of ARMv5, which armel is for; the linker leads from
// one to the other. No frame is described: nobody unwinds from within these.
#pragma once

#include "shim/machine/common.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Machine : CommonMachine {
  static constexpr std::uint16_t elf = 40;  // e_machine (elf(5))

  /// Thumb code may have its frame pointer in r7, where the number is wanted.
  [[gnu::always_inline]] static long call_system(long number, long a, long b, long c, long d, long e, long f) {
    register long r0 asm("r0") = a;
    register long r1 asm("r1") = b;
    register long r2 asm("r2") = c;
    register long r3 asm("r3") = d;
    register long r4 asm("r4") = e;
    register long r5 asm("r5") = f;
    long saved;
    asm volatile("mov %1, r7\n\tmov r7, %2\n\tsvc 0\n\tmov r7, %1"
                 : "+r"(r0), "=&r"(saved)
                 : "r"(number), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
                 : "memory");
    return r0;
  }

  static std::uintptr_t thread_area() { return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer()); }
};

}  // namespace cloexec

#define CLOEXEC_BEGIN(name) ".syntax unified\n.arm\n.fnstart\n"
#define CLOEXEC_END ".cantunwind\n.fnend\n"
#define CLOEXEC_SAVE_ARGUMENTS "  push {r0-r3, ip, lr}\n"
#define CLOEXEC_CALL(function) "  bl " function "\n"
#define CLOEXEC_JUMP "  mov ip, r0\n  ldr lr, [sp, #20]\n  pop {r0-r3}\n  add sp, sp, #8\n  bx ip\n"
#define CLOEXEC_FOLLOW_ROUTE(name)                                      \
  "  ldr ip, 3f\n2:ldr ip, [pc, ip]\n  cmp ip, #0\n  bxne ip\n  b 1f\n" \
  "3:.word cloexec_route_" #name " - 2b - 8\n1:\n"

// The frame is in ip, the return address in lr, and in r2 and r3, which these flags make no arguments, what must be
// kept.
#define CLOEXEC_VFORK          \
  "  push {ip, lr}\n"          \
  "  bl cloexec_begin_vfork\n" \
  "  pop {ip, lr}\n"           \
  "  cmp r0, #0\n"             \
  "  bne 1f\n"                 \
  "  b cloexec_fork_instead\n" \
  "1:mov ip, r0\n"             \
  "  mov r2, r7\n"             \
  "  mov r3, r4\n"             \
  "  ldr r4, [ip]\n"           \
  "  ldr r0, 2f\n"             \
  "  mov r1, #0\n"             \
  "  mov r7, #120\n"           \
  "  svc 0\n"                  \
  "  mov r7, r2\n"             \
  "  mov r4, r3\n"             \
  "  mov r1, ip\n"             \
  "  b cloexec_end_vfork\n"    \
  "2:.word 0x01204111\n"

// The array's upper halves stay as they are.
#define CLOEXEC_SAVE_REGISTERS                                                             \
  "  str r4, [r0]\n  str r5, [r0, #8]\n  str r6, [r0, #16]\n  str r7, [r0, #24]\n"         \
  "  str r8, [r0, #32]\n  str r9, [r0, #40]\n  str r10, [r0, #48]\n  str r11, [r0, #56]\n" \
  "  str sp, [r0, #64]\n  str lr, [r0, #72]\n  bx lr\n"
