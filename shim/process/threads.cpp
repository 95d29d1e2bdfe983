// SPDX-License-Identifier: Apache-2.0

#include "shim/process/threads.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include "shim/host/raw_syscall.h"
#include "shim/process/borrowed.h"
#include "shim/process/phase.h"

namespace cloexec {
namespace {

constinit bool are_shared = false;

/// Whether no other thread shares our descriptors. A child of fork or vfork has one thread; of any other process the
/// kernel knows how many.
bool is_alone() {
  constexpr unsigned links_of_one = 3;  // ".", "..", and the thread
  Machine::Status status{};
  return raw_syscall(fstatat_number, AT_FDCWD, reinterpret_cast<long>("/proc/self/task"),
                     reinterpret_cast<long>(&status), 0) == 0 &&
         status.st_nlink == links_of_one;
}

}  // namespace

bool are_descriptors_shared() { return are_shared; }

void Sharing::note_clone(unsigned flags) {
  if ((flags & CLONE_FILES) != 0) {
    were_descriptors_shared_ = are_shared;
    are_shared = true;
  }
  if ((flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM) return;
  was_memory_shared_ = shares_memory();
  distrusted_ = share_memory();
  forget_plans();
}

void Sharing::note_unshare(unsigned flags) {
  if ((flags & CLONE_FILES) != 0 && !is_vfork_child() && !is_alone()) distrust(distrusted_ = begin_epoch());
}

void Sharing::take_back() const {
  if (!were_descriptors_shared_) are_shared = false;
  if (!was_memory_shared_) stop_sharing_memory();
  if (distrusted_ != 0) trust_again(distrusted_);
}

}  // namespace cloexec
