// SPDX-License-Identifier: Apache-2.0
//
// vfork(2) without libc: by this program's own instruction, and by number through syscall(2).
#pragma once

#include <sched.h>
#include <sys/syscall.h>

#include <csignal>

#include "raw.h"

/// Inlined always: what returns in the child first must not have had a frame of its own.
[[gnu::always_inline]] inline pid_t raw_vfork() {
#if defined(SYS_vfork)
  constexpr long number = SYS_vfork;
#else
  constexpr long number = SYS_clone;
#endif
  constexpr long flags = CLONE_VM | CLONE_VFORK | SIGCHLD;  // vfork(2) has no arguments, and ignores them
  long result = 0;
#if defined(__x86_64__)
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(flags), "S"(0L), "d"(0L) : "rcx", "r11", "memory");
#elif defined(__i386__)
  asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(flags), "c"(0L), "d"(0L), "S"(0L), "D"(0L) : "memory");
#else  // aarch64
  register long eight asm("x8") = number;
  register long zero asm("x0") = flags;
  register long one asm("x1") = 0;
  register long two asm("x2") = 0;
  register long three asm("x3") = 0;
  register long four asm("x4") = 0;
  asm volatile("svc 0" : "+r"(zero) : "r"(eight), "r"(one), "r"(two), "r"(three), "r"(four) : "memory");
  result = zero;
#endif
  return static_cast<pid_t>(result);
}

#ifdef __x86_64__
/// syscall(number, flags), whose child execs; the parent's result. Both return from one frame of syscall(2): when the
/// parent does, its return address is what the child's call of execve(2) has left there. So the two calls stand at one
/// depth, and behind either the result means the same.
extern "C" long vfork_by_number(const char* program, char* const* arguments, char* const* environment, long number,
                                long flags);
asm(R"(
  .text
  .type vfork_by_number, @function
vfork_by_number:
  .cfi_startproc
  push %rbx
  .cfi_adjust_cfa_offset 8
  push %r12
  .cfi_adjust_cfa_offset 8
  push %r13
  .cfi_adjust_cfa_offset 8
  mov %rdi, %rbx
  mov %rsi, %r12
  mov %rdx, %r13
  mov %rcx, %rdi
  mov %r8, %rsi
  xor %edx, %edx
  xor %ecx, %ecx
  xor %r8d, %r8d
  xor %r9d, %r9d
  xor %eax, %eax
  call syscall@PLT
  test %rax, %rax
  jnz 1f
  mov %rbx, %rdi
  mov %r12, %rsi
  mov %r13, %rdx
  call execve@PLT
1:
  pop %r13
  .cfi_adjust_cfa_offset -8
  pop %r12
  .cfi_adjust_cfa_offset -8
  pop %rbx
  .cfi_adjust_cfa_offset -8
  ret
  .cfi_endproc
  .size vfork_by_number, .-vfork_by_number
)");
#endif
