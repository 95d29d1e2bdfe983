// SPDX-License-Identifier: Apache-2.0
//
// System calls by this program's own instruction, as Go, liburing and Rust's rustix make them: libc hears of none, and
// nor does a preload.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/// -errno for an error, as the kernel says it.
inline long raw_call(long number, long a = 0, long b = 0, long c = 0, long d = 0) {
#if defined(__x86_64__)
  long result = 0;
  register long fourth asm("r10") = d;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
  return result;
#elif defined(__i386__)
  long result = 0;
  asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
  return result;
#else  // aarch64
  register long eight asm("x8") = number;
  register long zero asm("x0") = a;
  register long one asm("x1") = b;
  register long two asm("x2") = c;
  register long three asm("x3") = d;
  asm volatile("svc 0" : "+r"(zero) : "r"(eight), "r"(one), "r"(two), "r"(three) : "memory");
  return zero;
#endif
}

inline int raw_open(const char* path, int flags) {
  return static_cast<int>(raw_call(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path), flags, 0));
}

inline int raw_socket(int type) { return static_cast<int>(raw_call(SYS_socket, AF_UNIX, type, 0)); }

inline int raw_close(int fd) { return static_cast<int>(raw_call(SYS_close, fd)); }

inline int raw_dup3(int from, int to, int flags) { return static_cast<int>(raw_call(SYS_dup3, from, to, flags)); }
