// SPDX-License-Identifier: Apache-2.0
//
// Memory from the kernel (mmap(2)): the heap is the host's. Sizes are in bytes. Nothing here changes errno, and all may
// be called in a signal handler and between fork and exec.
#pragma once

#include <sys/mman.h>

#include <cstddef>

#include "shim/host/raw_syscall.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Maps the first `size` bytes of `fd`, or memory where that is -1, for reading and writing, with MAP_* for `flags`;
/// null when it cannot.
inline void* map(std::size_t size, int fd, long flags) {
  constexpr long protection = PROT_READ | PROT_WRITE;
  const long arguments[] = {0, static_cast<long>(size), protection, flags, fd, 0};
  const long memory = Machine::has_arguments_of_mmap_in_memory
                          ? raw_syscall(mmap_number, reinterpret_cast<long>(arguments))
                          : raw_syscall(mmap_number, arguments[0], arguments[1], arguments[2], arguments[3],
                                        arguments[4], arguments[5]);
  // The last page's addresses are errors: syscall(2).
  return memory < 0 && memory > -4096 ? nullptr : reinterpret_cast<void*>(memory);
}

/// Maps zeroed memory of this process alone; null when there is none.
inline void* map_memory(std::size_t size) { return map(size, -1, MAP_PRIVATE | MAP_ANONYMOUS); }

/// Maps a file that others write to, too; null when it cannot be mapped. To touch what lies behind its end raises
/// SIGBUS.
inline void* map_shared(std::size_t size, int fd) { return map(size, fd, MAP_SHARED); }

/// Gives back what one of these has mapped, of the size that it was mapped with.
inline void unmap_memory(void* memory, std::size_t size) {
  raw_syscall(__NR_munmap, reinterpret_cast<long>(memory), static_cast<long>(size));
}

}  // namespace cloexec
