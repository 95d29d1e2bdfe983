// SPDX-License-Identifier: Apache-2.0

#include "shim/threads.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include "shim/borrowed.h"
#include "shim/phase.h"
#include "shim/raw_syscall.h"
#include "shim/release.h"
#include "shim/settings.h"

namespace cloexec {
namespace {

/// Whether no other thread shares our descriptors. A child of fork or vfork has one thread; of any other process the
/// kernel knows how many.
bool is_alone() {
  constexpr unsigned links_of_one = 3;  // ".", "..", and the thread
  struct stat64 status {};
  return raw_syscall(fstatat_number, AT_FDCWD, reinterpret_cast<long>("/proc/self/task"),
                     reinterpret_cast<long>(&status), 0) == 0 &&
         status.st_nlink == links_of_one;
}

}  // namespace

void note_clone(unsigned flags) {
  if ((flags & CLONE_FILES) != 0) stop_giving();
  if ((flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM) return;
  share_memory();
  forget_plans();
}

void note_unshare(unsigned flags) {
  if ((flags & CLONE_FILES) != 0 && !is_vfork_child() && !is_alone()) distrust(begin_epoch());
}

}  // namespace cloexec
