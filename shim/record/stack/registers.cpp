// SPDX-License-Identifier: Apache-2.0

#include "shim/record/stack/registers.h"

#define CLOEXEC_FUNCTION(name, body)                                                                              \
  asm(".text\n.globl " #name "\n.hidden " #name "\n.type " #name ", %function\n" #name ":\n.cfi_startproc\n" body \
      ".cfi_endproc\n.size " #name ", . - " #name "\n");

#if defined(__x86_64__)
CLOEXEC_FUNCTION(cloexec_save_registers,
                 "  movq %rbx, (%rdi)\n  movq %rbp, 8(%rdi)\n  movq %r12, 16(%rdi)\n  movq %r13, 24(%rdi)\n"
                 "  movq %r14, 32(%rdi)\n  movq %r15, 40(%rdi)\n  leaq 8(%rsp), %rax\n  movq %rax, 48(%rdi)\n"
                 "  movq (%rsp), %rax\n  movq %rax, 56(%rdi)\n  ret\n")
#elif defined(__i386__)
// The array's upper halves stay as they are.
CLOEXEC_FUNCTION(cloexec_save_registers,
                 "  movl 4(%esp), %eax\n  movl %ebx, (%eax)\n  movl %ebp, 8(%eax)\n  movl %esi, 16(%eax)\n"
                 "  movl %edi, 24(%eax)\n  leal 4(%esp), %ecx\n  movl %ecx, 32(%eax)\n  movl (%esp), %ecx\n"
                 "  movl %ecx, 40(%eax)\n  ret\n")
#elif defined(__aarch64__)
CLOEXEC_FUNCTION(cloexec_save_registers,
                 "  stp x19, x20, [x0]\n  stp x21, x22, [x0, 16]\n  stp x23, x24, [x0, 32]\n"
                 "  stp x25, x26, [x0, 48]\n  stp x27, x28, [x0, 64]\n  mov x9, sp\n  stp x29, x9, [x0, 80]\n"
                 "  str x30, [x0, 96]\n  ret\n")
#endif
