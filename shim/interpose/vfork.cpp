// SPDX-License-Identifier: Apache-2.0
//
// vfork(2): a child that borrows our memory and this thread.

#include <cerrno>

#include "shim/interpose/interpose.h"
#include "shim/process/borrowed.h"
#include "shim/process/gate.h"
#include "shim/process/start.h"

using namespace cloexec;

/// Says that a child is about to borrow this thread.
extern "C" [[gnu::visibility("hidden"), gnu::used]] VforkFrame* cloexec_begin_vfork() { return begin_borrowing(); }

/// What vfork returns, to the child first.
extern "C" [[gnu::visibility("hidden"), gnu::used]] int cloexec_end_vfork(int result, VforkFrame* frame) {
  if (result == 0) {
    begin_as_borrower(*frame);
    return 0;
  }
  end_borrowing(frame);
  // A sandbox that knows vfork, but not these flags of clone.
  if (result == -EPERM || result == -ENOSYS) return fork_by(next_fork);
  if (result > 0) return result;
  errno = -result;
  return -1;
}

/// In a vfork child, which must not run its parent's fork handlers.
extern "C" [[gnu::visibility("hidden"), gnu::used]] int cloexec_fork_instead() {
  return next__Fork.is_absent() ? fork_by(next_fork) : fork_by(next__Fork);
}

// vfork returns twice on one stack, and what the child calls overwrites what lies there. So it cannot be a C function,
// and nothing may be on the stack during the system call: the return address is kept in a register, as in libc's own
// (glibc, sysdeps/unix/sysv/linux/x86_64/vfork.S), or in a VforkFrame. It is clone(2) with
// CLONE_VM | CLONE_VFORK | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, which is vfork that says who the child
// is; both go on in cloexec_end_vfork. The child leaves by exec or _exit.
asm(".text\n"
    ".globl vfork, __vfork\n"
    ".type vfork, %function\n"
    ".type __vfork, %function\n"
    "vfork:\n"
    "__vfork:\n" CLOEXEC_BEGIN(vfork) CLOEXEC_VFORK CLOEXEC_END
    ".size vfork, . - vfork\n"
    ".size __vfork, . - __vfork\n");
