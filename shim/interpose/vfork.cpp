// SPDX-License-Identifier: Apache-2.0
//
// vfork(2): a child that borrows our memory and this thread.

#include <cerrno>

#include "shim/interpose/interpose.h"
#include "shim/process/borrowed.h"
#include "shim/process/gate.h"
#include "shim/process/start.h"

using namespace cloexec;

/// Says that a child is about to borrow this thread.
extern "C" [[gnu::visibility("hidden"), gnu::used]] VforkFrame* cloexec_begin_vfork() { return begin_borrowing(); }

/// What vfork returns to the parent.
extern "C" [[gnu::visibility("hidden"), gnu::used]] int cloexec_end_vfork(int result, VforkFrame* frame) {
  end_borrowing(frame);
  // A sandbox that knows vfork, but not these flags of clone.
  if (result == -EPERM || result == -ENOSYS) return fork_by(next_fork);
  if (result >= 0) return result;
  errno = -result;
  return -1;
}

/// In a vfork child, which must not run its parent's fork handlers.
extern "C" [[gnu::visibility("hidden"), gnu::used]] int cloexec_fork_instead() {
  return next__Fork.is_absent() ? fork_by(next_fork) : fork_by(next__Fork);
}

// vfork returns twice on one stack, and what the child calls overwrites what lies there. So it cannot be a C function,
// and nothing may be on the stack during the system call: the return address is kept in a register, as in libc's own
// (glibc, sysdeps/unix/sysv/linux/x86_64/vfork.S), or in a VforkFrame. It is clone(2) with
// CLONE_VM | CLONE_VFORK | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, which is vfork that says who the child
// is. The child leaves by exec or _exit.
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
    "  testq %rax, %rax\n"
    "  jz cloexec_fork_instead\n"
    "  movq %rax, %rdx\n"
    "  movq (%rax), %r10\n"
    "  popq %r9\n"
    "  .cfi_adjust_cfa_offset -8\n"
    "  .cfi_register %rip, %r9\n"
    "  movl $0x01204111, %edi\n"
    "  xorl %esi, %esi\n"
    "  xorl %r8d, %r8d\n"
    "  movl $56, %eax\n"
    "  syscall\n"
    "  pushq %r9\n"
    "  .cfi_adjust_cfa_offset 8\n"
    "  .cfi_rel_offset %rip, 0\n"
    "  movl %eax, %edi\n"
    "  movq %rdx, %rsi\n"
    "  testl %eax, %eax\n"
    "  jnz cloexec_end_vfork\n"
    "  movq $1, 16(%rdx)\n"
    "  movq 8(%rdx), %rcx\n"
    "  lock decl (%rcx)\n"
    "  ret\n"
#elif defined(__i386__)
    "  call cloexec_begin_vfork\n"
    "  testl %eax, %eax\n"
    "  jz cloexec_fork_instead\n"
    "  movl %eax, %edx\n"
    "  movl %ebx, 12(%edx)\n"
    "  movl %edi, 16(%edx)\n"
    "  popl 20(%edx)\n"
    "  .cfi_adjust_cfa_offset -4\n"
    "  .cfi_undefined %eip\n"
    "  movl (%edx), %edi\n"
    "  movl $0x01204111, %ebx\n"
    "  xorl %ecx, %ecx\n"
    "  movl $120, %eax\n"
    "  int $0x80\n"
    "  movl 12(%edx), %ebx\n"
    "  movl 16(%edx), %edi\n"
    "  pushl 20(%edx)\n"
    "  .cfi_adjust_cfa_offset 4\n"
    "  .cfi_rel_offset %eip, 0\n"
    "  testl %eax, %eax\n"
    "  jz 1f\n"
    "  pushl %edx\n"
    "  .cfi_adjust_cfa_offset 4\n"
    "  pushl %eax\n"
    "  .cfi_adjust_cfa_offset 4\n"
    "  call cloexec_end_vfork\n"
    "  addl $8, %esp\n"
    "  .cfi_adjust_cfa_offset -8\n"
    "  ret\n"
    "1:movl $1, 8(%edx)\n"
    "  movl 4(%edx), %ecx\n"
    "  lock decl (%ecx)\n"
    "  ret\n"
#elif defined(__aarch64__)
    "  stp x29, x30, [sp, -16]!\n"
    "  .cfi_adjust_cfa_offset 16\n"
    "  .cfi_rel_offset x30, 8\n"
    "  bl cloexec_begin_vfork\n"
    "  ldp x29, x30, [sp], 16\n"
    "  .cfi_adjust_cfa_offset -16\n"
    "  .cfi_restore x30\n"
    "  cbnz x0, 1f\n"
    "  b cloexec_fork_instead\n"
    "1:mov x9, x0\n"
    "  ldr x4, [x9]\n"
    "  mov w0, 0x4111\n"
    "  movk w0, 0x120, lsl 16\n"
    "  mov x1, 0\n"
    "  mov x2, 0\n"
    "  mov x3, 0\n"
    "  mov x8, 220\n"
    "  svc 0\n"
    "  cbz w0, 2f\n"
    "  mov x1, x9\n"
    "  b cloexec_end_vfork\n"
    "2:mov x10, 1\n"
    "  str x10, [x9, 16]\n"
    "  ldr x10, [x9, 8]\n"
    "3:ldxr w11, [x10]\n"
    "  sub w11, w11, 1\n"
    "  stxr w12, w11, [x10]\n"
    "  cbnz w12, 3b\n"
    "  ret\n"
#endif
    ".cfi_endproc\n"
    ".size vfork, . - vfork\n"
    ".size __vfork, . - __vfork\n");
