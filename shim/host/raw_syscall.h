// SPDX-License-Identifier: Apache-2.0
//
// System calls without libc: for what must work before libc is initialised, in a vfork child, and without touching
// errno.
#pragma once

#include <sys/syscall.h>

#include "shim/machine/machine.h"

namespace [[gnu::visibility("hidden")]] cloexec {

// Numbers of the system calls that fill in a Machine::Status (stat(2)), and that know 32-bit user ids (geteuid(2)).
#ifdef __NR_fstat64
inline constexpr long fstat_number = __NR_fstat64;
inline constexpr long fstatat_number = __NR_fstatat64;
inline constexpr long geteuid_number = __NR_geteuid32;
#else
inline constexpr long fstat_number = __NR_fstat;
inline constexpr long fstatat_number = __NR_newfstatat;
inline constexpr long geteuid_number = __NR_geteuid;
#endif

// Number of the system call mmap(2): on some 32-bit machines there is only the one that takes an offset in pages.
#ifdef __NR_mmap
inline constexpr long mmap_number = __NR_mmap;
#else
inline constexpr long mmap_number = __NR_mmap2;
#endif

/// Makes system call `number`; a failure comes back as the negative errno (syscall(2)), and errno is unchanged. No
/// cancellation point; may be called in a signal handler and between fork and exec. i386 has no sixth argument.
inline long raw_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  return Machine::call_system(number, a, b, c, d, e, f);
}

}  // namespace cloexec
