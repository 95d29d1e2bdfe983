// SPDX-License-Identifier: Apache-2.0
//
// amd64: the x86-64 psABI.
#pragma once

#include "shim/machine/common.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Machine : CommonMachine {
  static constexpr std::uint16_t elf = 62;  // e_machine (elf(5))

  [[gnu::always_inline]] static long call_system(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 asm("r10") = d;
    register long r8 asm("r8") = e;
    register long r9 asm("r9") = f;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return result;
  }

  static std::uintptr_t thread_area() {
    std::uintptr_t pointer;
    asm("movq %%fs:0, %0" : "=r"(pointer));
    return pointer;
  }

  [[gnu::always_inline]] static void add_bits(unsigned& object, unsigned bits) {
    asm volatile("orl %1, %0" : "+m"(object) : "r"(bits) : "cc");
  }
};

}  // namespace cloexec

#define CLOEXEC_BEGIN(name) ".cfi_startproc\n"
#define CLOEXEC_END ".cfi_endproc\n"
#define CLOEXEC_SAVE_ARGUMENTS                                                                         \
  "  pushq %rdi\n  pushq %rsi\n  pushq %rdx\n  pushq %rcx\n  pushq %r8\n  pushq %r9\n  pushq %rax\n  " \
  ".cfi_adjust_cfa_offset 56\n"
#define CLOEXEC_CALL(function) "  call " function "\n"
#define CLOEXEC_JUMP                                                                                             \
  "  movq %rax, %r11\n  popq %rax\n  popq %r9\n  popq %r8\n  popq %rcx\n  popq %rdx\n  popq %rsi\n  popq %rdi\n" \
  "  .cfi_adjust_cfa_offset -56\n  jmp *%r11\n"
#define CLOEXEC_FOLLOW_ROUTE(name) \
  "  movq cloexec_route_" #name "(%rip), %r11\n  testq %r11, %r11\n  jz 1f\n  jmp *%r11\n1:\n"

// The frame is in rdx, the return address in r9.
#define CLOEXEC_VFORK             \
  "  subq $8, %rsp\n"             \
  "  .cfi_adjust_cfa_offset 8\n"  \
  "  call cloexec_begin_vfork\n"  \
  "  addq $8, %rsp\n"             \
  "  .cfi_adjust_cfa_offset -8\n" \
  "  testq %rax, %rax\n"          \
  "  jz cloexec_fork_instead\n"   \
  "  movq %rax, %rdx\n"           \
  "  movq (%rax), %r10\n"         \
  "  popq %r9\n"                  \
  "  .cfi_adjust_cfa_offset -8\n" \
  "  .cfi_register %rip, %r9\n"   \
  "  movl $0x01204111, %edi\n"    \
  "  xorl %esi, %esi\n"           \
  "  xorl %r8d, %r8d\n"           \
  "  movl $56, %eax\n"            \
  "  syscall\n"                   \
  "  pushq %r9\n"                 \
  "  .cfi_adjust_cfa_offset 8\n"  \
  "  .cfi_rel_offset %rip, 0\n"   \
  "  movl %eax, %edi\n"           \
  "  movq %rdx, %rsi\n"           \
  "  jmp cloexec_end_vfork\n"

#define CLOEXEC_SAVE_REGISTERS                                                                  \
  "  movq %rbx, (%rdi)\n  movq %rbp, 8(%rdi)\n  movq %r12, 16(%rdi)\n  movq %r13, 24(%rdi)\n"   \
  "  movq %r14, 32(%rdi)\n  movq %r15, 40(%rdi)\n  leaq 8(%rsp), %rax\n  movq %rax, 48(%rdi)\n" \
  "  movq (%rsp), %rax\n  movq %rax, 56(%rdi)\n  ret\n"
