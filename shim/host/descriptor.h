// SPDX-License-Identifier: Apache-2.0
//
// The close-on-exec flag of one descriptor, without libc and without errno.
#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>

#include <cstdint>

#include "shim/host/raw_syscall.h"

namespace [[gnu::visibility("hidden")]] cloexec {

#ifdef __NR_fcntl64
inline constexpr long fcntl_number = __NR_fcntl64;
#else
inline constexpr long fcntl_number = __NR_fcntl;
#endif

enum class Flag : std::uint8_t { clear, set, unknown };

/// The flag of `fd`; unknown when another thread has closed it already, or when a sandbox does not let us look.
inline Flag close_on_exec_flag(int fd) {
  const long flags = raw_syscall(fcntl_number, fd, F_GETFD);
  return flags < 0 ? Flag::unknown : (flags & FD_CLOEXEC) != 0 ? Flag::set : Flag::clear;
}

/// Sets or clears the flag. ioctl is one call where fcntl needs two, but it answers EBADF to O_PATH descriptors
/// (open(2)).
inline void set_close_on_exec(int fd, bool on) {
  if (raw_syscall(__NR_ioctl, fd, on ? FIOCLEX : FIONCLEX) == 0) return;
  const long flags = raw_syscall(fcntl_number, fd, F_GETFD);
  if (flags >= 0) raw_syscall(fcntl_number, fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC);
}

}  // namespace cloexec
