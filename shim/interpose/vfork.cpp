// SPDX-License-Identifier: Apache-2.0
//
// vfork(2) and clone(2) of a child that borrows our memory: while it does, this thread counts as the child.

#include <sched.h>

#include <cerrno>

#include "shim/forced.h"
#include "shim/interpose.h"
#include "shim/settings.h"

using namespace cloexec;

/// Says that a child is about to borrow this thread's memory; returns where that is counted.
extern "C" [[gnu::visibility("hidden"), gnu::used]] int* cloexec_begin_vfork() {
  begin_vfork_child();
  return &vfork_depth;
}

extern "C" [[gnu::visibility("hidden"), gnu::used]] int cloexec_fail_vfork(int negative_error) {
  errno = -negative_error;
  return -1;
}

// vfork returns twice on one stack, and what the child calls overwrites what lies there. So it cannot be a C function,
// and nothing may be on the stack during the system call: the return address is kept in a register, as in libc's own
// (glibc, sysdeps/unix/sysv/linux/x86_64/vfork.S). The child leaves by exec or _exit and never counts down.
asm(".text\n"
    ".globl vfork, __vfork\n"
    ".type vfork, %function\n"
    ".type __vfork, %function\n"
    "vfork:\n"
    "__vfork:\n"
    ".cfi_startproc\n"
#if defined(__x86_64__)
    "  subq $8, %rsp\n"
    "  .cfi_adjust_cfa_offset 8\n"
    "  call cloexec_begin_vfork\n"
    "  addq $8, %rsp\n"
    "  .cfi_adjust_cfa_offset -8\n"
    "  movq %rax, %rsi\n"
    "  popq %rdi\n"
    "  .cfi_adjust_cfa_offset -8\n"
    "  .cfi_register %rip, %rdi\n"
    "  movl $58, %eax\n"
    "  syscall\n"
    "  pushq %rdi\n"
    "  .cfi_adjust_cfa_offset 8\n"
    "  .cfi_rel_offset %rip, 0\n"
    "  testl %eax, %eax\n"
    "  jz 1f\n"
    "  decl (%rsi)\n"
    "  testl %eax, %eax\n"
    "  movl %eax, %edi\n"
    "  js cloexec_fail_vfork\n"
    "1:ret\n"
#elif defined(__i386__)
    "  call cloexec_begin_vfork\n"
    "  movl %eax, %edx\n"
    "  popl %ecx\n"
    "  .cfi_adjust_cfa_offset -4\n"
    "  .cfi_register %eip, %ecx\n"
    "  movl $190, %eax\n"
    "  int $0x80\n"
    "  pushl %ecx\n"
    "  .cfi_adjust_cfa_offset 4\n"
    "  .cfi_rel_offset %eip, 0\n"
    "  testl %eax, %eax\n"
    "  jz 1f\n"
    "  decl (%edx)\n"
    "  testl %eax, %eax\n"
    "  jns 1f\n"
    "  pushl %eax\n"
    "  .cfi_adjust_cfa_offset 4\n"
    "  call cloexec_fail_vfork\n"
    "  addl $4, %esp\n"
    "  .cfi_adjust_cfa_offset -4\n"
    "1:ret\n"
#elif defined(__aarch64__)
    "  stp x29, x30, [sp, -16]!\n"
    "  .cfi_adjust_cfa_offset 16\n"
    "  .cfi_rel_offset x30, 8\n"
    "  bl cloexec_begin_vfork\n"
    "  ldp x29, x30, [sp], 16\n"
    "  .cfi_adjust_cfa_offset -16\n"
    "  .cfi_restore x30\n"
    "  mov x9, x0\n"
    "  mov x0, 0x4111\n"  // CLONE_VM | CLONE_VFORK | SIGCHLD
    "  mov x1, 0\n"
    "  mov x8, 220\n"
    "  svc 0\n"
    "  cbz w0, 1f\n"
    "  ldr w10, [x9]\n"
    "  sub w10, w10, 1\n"
    "  str w10, [x9]\n"
    "  tbnz w0, 31, cloexec_fail_vfork\n"
    "1:ret\n"
#endif
    ".cfi_endproc\n"
    ".size vfork, . - vfork\n"
    ".size __vfork, . - __vfork\n");

INTERPOSE_VARIADIC(int, clone, int (*function)(void*), void* stack, int flags, void* argument, void* parent,
                   void* storage, void* child) {
  const int kind = flags & (CLONE_VM | CLONE_VFORK | CLONE_THREAD);
  const bool borrows = kind == (CLONE_VM | CLONE_VFORK);
  if (borrows) begin_vfork_child();
  // It runs beside us in the same memory.
  if (kind == CLONE_VM) {
    tell_by_process();
    forget_plans();
  }
  const int result = next_clone(function, stack, flags, argument, parent, storage, child);
  vfork_depth -= borrows ? 1 : 0;
  return result;
}
