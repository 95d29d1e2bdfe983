// SPDX-License-Identifier: Apache-2.0
//
// Makes children known to themselves: fork(2) in all its names, clone(2) of processes, and what shares or parts
// descriptor tables.

#include <linux/futex.h>
#include <sched.h>
#include <sys/stat.h>

#include "shim/exec/give.h"
#include "shim/host/descriptor.h"
#include "shim/interpose/interpose.h"
#include "shim/process/start.h"
#include "shim/process/threads.h"

using namespace cloexec;

namespace {

/// What a child of clone begins with. It lies on its parent's stack: the child has a copy, or its parent waits.
struct Beginning {
  int (*function)(void*);
  void* argument;
  const Fork* fork;
  VforkFrame* frame;
  int* id;  // where the program wants the child's, or null
};

int begin_forked(void* argument) {
  const auto& beginning = *static_cast<const Beginning*>(argument);
  beginning.fork->begin_child();
  return beginning.function(beginning.argument);
}

int begin_borrower(void* argument) {
  const auto& beginning = *static_cast<const Beginning*>(argument);
  VforkFrame& frame = *beginning.frame;
  if (beginning.id != nullptr) *beginning.id = *frame.child;
  begin_as_borrower(frame);
  return beginning.function(beginning.argument);
}

using Clone = Called<int, int (*)(void*), void*, int, void*, void*, void*, void*>*;

/// What the program wants the kernel to do to the child's id, where we have it done elsewhere.
void clear_id(int* child) {
  __atomic_store_n(child, 0, __ATOMIC_SEQ_CST);
  raw_syscall(__NR_futex, reinterpret_cast<long>(child), FUTEX_WAKE, 1);
}

/// The child shares our memory until it execs, and this thread waits for it.
int lend(Clone next, int (*function)(void*), void* stack, int flags, void* argument, void* parent, void* storage,
         void* child) {
  constexpr int by_kernel = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  auto* const wanted = static_cast<int*>(child);
  VforkFrame* const frame = begin_borrowing();
  Beginning beginning{function, argument, nullptr, frame, (flags & CLONE_CHILD_SETTID) != 0 ? wanted : nullptr};
  const int result = next(begin_borrower, stack, flags | by_kernel, &beginning, parent, storage, frame->child);
  if (result > 0 && (flags & CLONE_CHILD_CLEARTID) != 0) clear_id(wanted);
  end_borrowing(frame);
  return result;
}

int cloned_process(Clone next, int (*function)(void*), void* stack, int flags, void* argument, void* parent,
                   void* storage, void* child) {
  if ((flags & (CLONE_VM | CLONE_VFORK)) == (CLONE_VM | CLONE_VFORK)) {
    if (!is_vfork_child()) return lend(next, function, stack, flags, argument, parent, storage, child);
    flags &= ~(CLONE_VM | CLONE_SIGHAND);  // borrowed.h says why; clone(2) wants both or none
  }
  if ((flags & CLONE_VM) != 0) return next(function, stack, flags, argument, parent, storage, child);
  const Starting starting;
  const Fork fork((flags & CLONE_PARENT) == 0);
  Beginning beginning{function, argument, &fork, nullptr, nullptr};
  return next(begin_forked, stack, flags, &beginning, parent, storage, child);
}

int cloned(Symbol symbol, int (*function)(void*), void* stack, int flags, void* argument, void* parent, void* storage,
           void* child) {
  const auto next = reinterpret_cast<Clone>(get_number_next(symbol));
  if ((flags & CLONE_THREAD) != 0 || function == nullptr)
    return next(function, stack, flags, argument, parent, storage, child);
  Sharing sharing;
  sharing.note_clone(static_cast<unsigned>(flags));
  const int result = cloned_process(next, function, stack, flags, argument, parent, storage, child);
  if (result < 0) sharing.take_back();
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
  return cloned(Symbol::clone, function, stack, flags, argument, parent, storage, child);
}

INTERPOSE_VARIADIC(int, __clone, int (*function)(void*), void* stack, int flags, void* argument, void* parent,
                   void* storage, void* child) {
  return cloned(Symbol::__clone, function, stack, flags, argument, parent, storage, child);
}

INTERPOSE(int, unshare, int flags) {
  Sharing sharing;
  sharing.note_unshare(static_cast<unsigned>(flags));
  const int result = next_unshare(flags);
  if (result != 0) sharing.take_back();
  return result;
}
