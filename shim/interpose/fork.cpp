// SPDX-License-Identifier: Apache-2.0
//
// Makes children known to themselves: fork(2) in all its names, clone(2) of processes, and what shares or parts
// descriptor tables.

#include <sched.h>
#include <sys/stat.h>

#include "shim/descriptor.h"
#include "shim/interpose.h"
#include "shim/release.h"
#include "shim/start.h"
#include "shim/threads.h"

using namespace cloexec;

namespace {

/// What a child of clone begins with. It lies on its parent's stack: the child has a copy, or its parent waits.
struct Beginning {
  int (*function)(void*);
  void* argument;
  const Fork* fork;
  VforkFrame* frame;
};

int begin_forked(void* argument) {
  const auto& beginning = *static_cast<const Beginning*>(argument);
  beginning.fork->begin_child();
  return beginning.function(beginning.argument);
}

int begin_borrower(void* argument) {
  const auto& beginning = *static_cast<const Beginning*>(argument);
  VforkFrame& frame = *beginning.frame;
  // Where the program wants the kernel to write a thread's id elsewhere.
  if (*frame.child == 0) *frame.child = static_cast<int>(raw_syscall(__NR_getpid));
  frame.has_begun = 1;
  __atomic_sub_fetch(frame.starters, 1, __ATOMIC_SEQ_CST);
  return beginning.function(beginning.argument);
}

using Clone = int (*)(int (*)(void*), void*, int, void*, void*, void*, void*);

/// The child shares our memory until it execs, and this thread waits for it.
int lend(Clone next, int (*function)(void*), void* stack, int flags, void* argument, void* parent, void* storage,
         void* child) {
  VforkFrame* const frame = begin_borrowing();
  if (frame == nullptr) return next(function, stack, flags, argument, parent, storage, child);
  const bool is_free = (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) == 0;
  if (is_free) flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  Beginning beginning{function, argument, nullptr, frame};
  const int result = next(begin_borrower, stack, flags, &beginning, parent, storage, is_free ? frame->child : child);
  end_borrowing(frame);
  return result;
}

}  // namespace

INTERPOSE(pid_t, fork) noexcept { return fork_by(next_fork); }

INTERPOSE(pid_t, __fork) noexcept { return fork_by(next___fork); }

/// glibc 2.34 and musl 1.2.3 have it; it differs in what libc does at a fork.
INTERPOSE(pid_t, _Fork) noexcept { return next__Fork.is_absent() ? fork_by(next_fork) : fork_by(next__Fork); }

/// Its first process ends; the other goes on here.
INTERPOSE_ROUTED(int, daemon, int stays_there, int keeps_streams) {
  const Starting starting;
  const Fork fork;
  const int result = next_daemon(stays_there, keeps_streams);
  ensure_begun();
  return result;
}

INTERPOSE_ROUTED(int, clone, int (*function)(void*), void* stack, int flags, void* argument, void* parent,
                 void* storage, void* child) {
  const auto next = reinterpret_cast<Clone>(next_clone.get());
  if ((flags & CLONE_THREAD) != 0 || function == nullptr)
    return next(function, stack, flags, argument, parent, storage, child);
  note_clone(static_cast<unsigned>(flags));
  if ((flags & (CLONE_VM | CLONE_VFORK)) == (CLONE_VM | CLONE_VFORK))
    return lend(next, function, stack, flags, argument, parent, storage, child);
  if ((flags & CLONE_VM) != 0) return next(function, stack, flags, argument, parent, storage, child);
  const Starting starting;
  const Fork fork((flags & CLONE_PARENT) == 0);
  Beginning beginning{function, argument, &fork, nullptr};
  return next(begin_forked, stack, flags, &beginning, parent, storage, child);
}

INTERPOSE(int, unshare, int flags) noexcept {
  note_unshare(static_cast<unsigned>(flags));
  return next_unshare(flags);
}
