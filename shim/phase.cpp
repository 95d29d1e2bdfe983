// SPDX-License-Identifier: Apache-2.0

#include "shim/phase.h"

#include <sys/mman.h>

#include "shim/raw_syscall.h"

namespace cloexec {

constinit Wiped wiped = {};
constinit thread_local int vfork_depth = 0;

namespace {

/// The process that the shim was loaded into; only where the kernel does not wipe pages.
constinit long loaded_into = 0;

}  // namespace

void begin_phase() {
  wiped.is_parent = true;
  if (raw_syscall(__NR_madvise, reinterpret_cast<long>(&wiped), sizeof wiped, MADV_WIPEONFORK) != 0)
    loaded_into = raw_syscall(__NR_getpid);
}

void tell_by_process() {
  if (wiped.is_parent && loaded_into == 0) loaded_into = raw_syscall(__NR_getpid);
}

bool is_child() {
  if (loaded_into != 0) return raw_syscall(__NR_getpid) != loaded_into;
  return is_vfork_child() || !wiped.is_parent;
}

bool wipes_on_fork() { return loaded_into == 0; }

bool is_phase_settled() { return wipes_on_fork() && !wiped.is_parent; }

}  // namespace cloexec
