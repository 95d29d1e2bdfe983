// SPDX-License-Identifier: Apache-2.0
//
// i386: the i386 psABI.
#pragma once

#include "shim/machine/common.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Machine : CommonMachine {
  static constexpr std::uint16_t elf = 3;  // e_machine (elf(5))

  static constexpr bool has_arguments_of_mmap_in_memory = true;

  /// A sixth argument would take the frame pointer's register: there is none.
  [[gnu::always_inline]] static long call_system(long number, long a, long b, long c, long d, long e, long /*f*/) {
    long result;
    asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
    return result;
  }

  static std::uintptr_t thread_area() {
    std::uintptr_t pointer;
    asm("movl %%gs:0, %0" : "=r"(pointer));
    return pointer;
  }

  [[gnu::always_inline]] static void add_bits(unsigned& object, unsigned bits) {
    asm volatile("orl %1, %0" : "+m"(object) : "r"(bits) : "cc");
  }
};

}  // namespace cloexec

#define CLOEXEC_BEGIN(name) ".cfi_startproc\n"
#define CLOEXEC_END ".cfi_endproc\n"
#define CLOEXEC_SAVE_ARGUMENTS "  subl $4, %esp\n  pushl 12(%esp)\n  pushl 12(%esp)\n  .cfi_adjust_cfa_offset 12\n"
#define CLOEXEC_CALL(function) "  call " function "\n"
#define CLOEXEC_JUMP "  addl $12, %esp\n  .cfi_adjust_cfa_offset -12\n  jmp *%eax\n"
#define CLOEXEC_FOLLOW_ROUTE(name)                                \
  "  call 2f\n2:popl %ecx\n  movl cloexec_route_" #name           \
  " - 2b(%ecx), %eax\n  testl %eax, %eax\n  jz 1f\n  jmp *%eax\n" \
  "1:\n"

// The frame is in edx and has the registers and the return address.
#define CLOEXEC_VFORK             \
  "  call cloexec_begin_vfork\n"  \
  "  testl %eax, %eax\n"          \
  "  jz cloexec_fork_instead\n"   \
  "  movl %eax, %edx\n"           \
  "  movl %ebx, 12(%edx)\n"       \
  "  movl %edi, 16(%edx)\n"       \
  "  popl 20(%edx)\n"             \
  "  .cfi_adjust_cfa_offset -4\n" \
  "  .cfi_undefined %eip\n"       \
  "  movl (%edx), %edi\n"         \
  "  movl $0x01204111, %ebx\n"    \
  "  xorl %ecx, %ecx\n"           \
  "  movl $120, %eax\n"           \
  "  int $0x80\n"                 \
  "  movl 12(%edx), %ebx\n"       \
  "  movl 16(%edx), %edi\n"       \
  "  pushl 20(%edx)\n"            \
  "  .cfi_adjust_cfa_offset 4\n"  \
  "  .cfi_rel_offset %eip, 0\n"   \
  "  pushl %edx\n"                \
  "  .cfi_adjust_cfa_offset 4\n"  \
  "  pushl %eax\n"                \
  "  .cfi_adjust_cfa_offset 4\n"  \
  "  call cloexec_end_vfork\n"    \
  "  addl $8, %esp\n"             \
  "  .cfi_adjust_cfa_offset -8\n" \
  "  ret\n"

// The array's upper halves stay as they are.
#define CLOEXEC_SAVE_REGISTERS                                                                \
  "  movl 4(%esp), %eax\n  movl %ebx, (%eax)\n  movl %ebp, 8(%eax)\n  movl %esi, 16(%eax)\n"  \
  "  movl %edi, 24(%eax)\n  leal 4(%esp), %ecx\n  movl %ecx, 32(%eax)\n  movl (%esp), %ecx\n" \
  "  movl %ecx, 40(%eax)\n  ret\n"
