// SPDX-License-Identifier: Apache-2.0
//
// The run time of clang's coverage for the preset `coverage`, in place of compiler-rt's, which needs libc and writes
// when a process ends. The shim has no libc, and what it does is done in processes that are killed, exec, or share
// their parent's memory. So the counters lie in a file from the start, one for each binary (COUNTERS), which all
// processes map and add to atomically. scripts/coverage puts the rest of a profile around it.
#include <fcntl.h>

#include <cstdint>

#include "shim/host/memory.h"

// The linker's names for the section that holds the counters.
extern "C" [[gnu::visibility("hidden")]] std::uint64_t __start___llvm_prf_cnts[];  // NOLINT
extern "C" [[gnu::visibility("hidden")]] std::uint64_t __stop___llvm_prf_cnts[];   // NOLINT

// clang -mllvm -runtime-counter-relocation: what is added to the address of a counter.
extern "C" [[gnu::visibility("hidden")]] std::intptr_t __llvm_profile_counter_bias;  // NOLINT
std::intptr_t __llvm_profile_counter_bias = 0;                                       // NOLINT

namespace {

// Before all others: what is counted until then is added.
[[gnu::constructor(101)]] void map_counters() {
  const auto first = reinterpret_cast<std::intptr_t>(__start___llvm_prf_cnts);
  const auto size = static_cast<std::size_t>(reinterpret_cast<std::intptr_t>(__stop___llvm_prf_cnts) - first);
  constexpr const char* path = COUNTERS;
  const long fd =
      cloexec::raw_syscall(__NR_openat, AT_FDCWD, reinterpret_cast<long>(path), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return;
  cloexec::raw_syscall(__NR_fchmod, fd, 0666);
  const bool has_room = cloexec::raw_syscall(__NR_ftruncate, fd, static_cast<long>(size)) == 0;
  void* const memory = has_room ? cloexec::map_shared(size, static_cast<int>(fd)) : nullptr;
  cloexec::raw_syscall(__NR_close, fd);
  if (memory == nullptr) return;
  auto* const counters = static_cast<std::uint64_t*>(memory);
  for (std::size_t i = 0; i < size / sizeof *counters; ++i)
    if (__start___llvm_prf_cnts[i] != 0) __atomic_fetch_add(&counters[i], __start___llvm_prf_cnts[i], __ATOMIC_RELAXED);
  __llvm_profile_counter_bias = reinterpret_cast<std::intptr_t>(memory) - first;
}

}  // namespace
