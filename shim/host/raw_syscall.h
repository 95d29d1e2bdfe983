// SPDX-License-Identifier: Apache-2.0
//
// System calls without libc: for what must work before libc is initialised, in a vfork child, and without touching
// errno.
#pragma once

#include <sys/syscall.h>

namespace [[gnu::visibility("hidden")]] cloexec {

// Numbers of the system calls that fill in a struct stat64 (stat(2)), and that know 32-bit user ids (geteuid(2)).
#ifdef __NR_fstat64
inline constexpr long fstat_number = __NR_fstat64;
inline constexpr long fstatat_number = __NR_fstatat64;
inline constexpr long geteuid_number = __NR_geteuid32;
#else
inline constexpr long fstat_number = __NR_fstat;
inline constexpr long fstatat_number = __NR_newfstatat;
inline constexpr long geteuid_number = __NR_geteuid;
#endif

/// Makes system call `number`; a failure comes back as the negative errno (syscall(2)), and errno is unchanged. No
/// cancellation point; may be called in a signal handler and between fork and exec. On i386 a sixth argument would take
/// the frame pointer's register: there is none.
inline long raw_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        [[maybe_unused]] long f = 0) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__i386__)
  long result;
  asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#else
#error "raw_syscall: add this architecture (see syscall(2), 'Architecture calling conventions')"
#endif
}

}  // namespace cloexec
