// SPDX-License-Identifier: Apache-2.0
//
// Jumps from an exported name to where its calls belong, with all arguments as they came and no frame of ours in
// between.
#pragma once

namespace [[gnu::visibility("hidden")]] cloexec {

/// The function behind `name`: our `interposer`, or where the next definition is not libc's, that one. Kept in `route`,
/// which two threads may both do: they find the same. errno, and where it may be called: as find_next().
void* find_route(const char* name, void* interposer, void*& route);

}  // namespace cloexec

// Pieces of assembler, for each architecture. CLOEXEC_SAVE_ARGUMENTS puts the registers that arguments come in on the
// stack (i386: the first two arguments again), CLOEXEC_JUMP takes them back and jumps to the result of the last call,
// CLOEXEC_FOLLOW_ROUTE jumps to route NAME unless that is null yet, and CLOEXEC_CALL calls a function of ours.
#if defined(__x86_64__)
#define CLOEXEC_SAVE_ARGUMENTS                                                                         \
  "  pushq %rdi\n  pushq %rsi\n  pushq %rdx\n  pushq %rcx\n  pushq %r8\n  pushq %r9\n  pushq %rax\n  " \
  ".cfi_adjust_cfa_offset 56\n"
#define CLOEXEC_JUMP                                                                                             \
  "  movq %rax, %r11\n  popq %rax\n  popq %r9\n  popq %r8\n  popq %rcx\n  popq %rdx\n  popq %rsi\n  popq %rdi\n" \
  "  .cfi_adjust_cfa_offset -56\n  jmp *%r11\n"
#define CLOEXEC_FOLLOW_ROUTE(name) \
  "  movq cloexec_route_" #name "(%rip), %r11\n  testq %r11, %r11\n  jz 1f\n  jmp *%r11\n1:\n"
#define CLOEXEC_CALL(function) "  call " function "\n"
#elif defined(__i386__)
#define CLOEXEC_SAVE_ARGUMENTS "  subl $4, %esp\n  pushl 12(%esp)\n  pushl 12(%esp)\n  .cfi_adjust_cfa_offset 12\n"
#define CLOEXEC_JUMP "  addl $12, %esp\n  .cfi_adjust_cfa_offset -12\n  jmp *%eax\n"
#define CLOEXEC_FOLLOW_ROUTE(name)                                \
  "  call 2f\n2:popl %ecx\n  movl cloexec_route_" #name           \
  " - 2b(%ecx), %eax\n  testl %eax, %eax\n  jz 1f\n  jmp *%eax\n" \
  "1:\n"
#define CLOEXEC_CALL(function) "  call " function "\n"
#elif defined(__aarch64__)
#define CLOEXEC_SAVE_ARGUMENTS                                                                         \
  "  stp x0, x1, [sp, -80]!\n  stp x2, x3, [sp, 16]\n  stp x4, x5, [sp, 32]\n  stp x6, x7, [sp, 48]\n" \
  "  stp x8, x30, [sp, 64]\n  .cfi_adjust_cfa_offset 80\n  .cfi_rel_offset x30, 72\n"
#define CLOEXEC_JUMP                                                                        \
  "  mov x16, x0\n  ldp x2, x3, [sp, 16]\n  ldp x4, x5, [sp, 32]\n  ldp x6, x7, [sp, 48]\n" \
  "  ldp x8, x30, [sp, 64]\n  ldp x0, x1, [sp], 80\n  .cfi_adjust_cfa_offset -80\n  .cfi_restore x30\n  br x16\n"
#define CLOEXEC_FOLLOW_ROUTE(name) "  ldr x16, cloexec_route_" #name "\n  cbz x16, 1f\n  br x16\n1:\n"
#define CLOEXEC_CALL(function) "  bl " function "\n"
#endif

/// Assembler that asks `function`, which gets the first two arguments, where to jump to, and jumps there.
#define CLOEXEC_ASK(function) CLOEXEC_SAVE_ARGUMENTS CLOEXEC_CALL(function) CLOEXEC_JUMP

/// Defines the function `name` in assembler, as a symbol that may be exported.
#define CLOEXEC_EXPORT(name, body)                                                             \
  asm(".text\n.globl " #name "\n.type " #name ", %function\n" #name ":\n.cfi_startproc\n" body \
      ".cfi_endproc\n.size " #name ", . - " #name "\n");

/// Defines the function `name` as a jump along its route, which cloexec_find_route_NAME is asked for first.
#define CLOEXEC_ROUTE(name) CLOEXEC_EXPORT(name, CLOEXEC_FOLLOW_ROUTE(name) CLOEXEC_ASK("cloexec_find_route_" #name))
