// SPDX-License-Identifier: Apache-2.0

#include "supervise/calls.h"

#include <linux/audit.h>
#include <sys/ptrace.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace cloexec::supervise {
namespace {

/// What a parent does that waits for its child: wait4, waitid, rt_sigaction, rt_sigprocmask, read, poll or ppoll, and
/// waitpid on i386 (unistd.h of each).
constexpr std::array<std::uint64_t, 6> of_x86_64{61, 247, 13, 14, 0, 7};
constexpr std::array<std::uint64_t, 7> of_i386{114, 284, 174, 175, 3, 168, 7};
constexpr std::array<std::uint64_t, 6> of_aarch64{260, 95, 134, 135, 63, 73};

bool is_harmless(std::uint32_t architecture, std::uint64_t number) {
  const auto is_in = [=](const auto& numbers) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
  };
  switch (architecture) {
    case AUDIT_ARCH_X86_64:
      return is_in(of_x86_64);
    case AUDIT_ARCH_I386:
      return is_in(of_i386);
    case AUDIT_ARCH_AARCH64:
      return is_in(of_aarch64);
    default:
      return false;
  }
}

}  // namespace

bool may_change_descriptors(pid_t task) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, task, reinterpret_cast<void*>(sizeof info), &info) <= 0) return true;
  return info.op == PTRACE_SYSCALL_INFO_ENTRY && !is_harmless(info.arch, info.entry.nr);
}

}  // namespace cloexec::supervise
