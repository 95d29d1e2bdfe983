// SPDX-License-Identifier: Apache-2.0
//
// The close-on-exec flag of one descriptor, without libc. Nothing here changes errno, and all may be called in a signal
// handler and between fork and exec.
#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>

#include <cstdint>

#include "shim/host/raw_syscall.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The number of fcntl(2)'s system call: on 32-bit machines the one that knows 64-bit offsets.
#ifdef __NR_fcntl64
inline constexpr long fcntl_number = __NR_fcntl64;
#else
inline constexpr long fcntl_number = __NR_fcntl;
#endif

/// What can be said of a close-on-exec flag.
enum class Flag : std::uint8_t { clear, set, unknown };

/// The flag of descriptor `fd` (F_GETFD); unknown when another thread has closed it already, or when a sandbox does not
/// let us look.
inline Flag close_on_exec_flag(int fd) {
  const long flags = raw_syscall(fcntl_number, fd, F_GETFD);
  return flags < 0 ? Flag::unknown : (flags & FD_CLOEXEC) != 0 ? Flag::set : Flag::clear;
}

/// Sets or clears the flag of descriptor `fd`; does nothing where it is not open. ioctl is one call where fcntl needs
/// two, but it answers EBADF to O_PATH descriptors (open(2)).
inline void set_close_on_exec(int fd, bool on) {
  if (raw_syscall(__NR_ioctl, fd, on ? FIOCLEX : FIONCLEX) == 0) return;
  const long flags = raw_syscall(fcntl_number, fd, F_GETFD);
  if (flags >= 0) raw_syscall(fcntl_number, fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC);
}

}  // namespace cloexec
