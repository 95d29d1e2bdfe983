// SPDX-License-Identifier: Apache-2.0

#include "shim/process/phase.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "shim/host/atomic.h"
#include "shim/host/raw_syscall.h"
#include "shim/process/borrowed.h"
#include "shim/process/gate.h"

namespace cloexec {

namespace {

constexpr Stamp never = ~Stamp{0};

/// Whose child this process is, the nearest first. Of more generations nothing is kept.
struct Ancestor {
  int process;
  Stamp birth;
};
constexpr unsigned most_ancestors = 4;
constinit Ancestor ancestors[most_ancestors] = {};

/// Whether a child runs beside us in our memory.
constinit bool is_shared = false;

/// The epoch in which this process began.
constinit Stamp birth = 0;
constinit bool is_loaded = false;

/// The fork that this thread is in the midst of, which its child finds here. By value: a handler may have jumped out of
/// it, and then this is left behind; what it says of this process stays true.
constinit thread_local Fork::Parent current_fork = {};

/// Whether this is not the process whose memory this is.
bool is_another() { return raw_syscall(__NR_getpid) != process_id(); }

void begin(bool is_parent) {
  // Where the kernel does not wipe, this does.
  if (wiped.has_begun) std::memset(&wiped, 0, sizeof wiped);
  wiped.is_parent = is_parent;
  wiped.has_begun = true;
}

/// A child forked by a vfork child takes over what that one had changed.
void take_over_changes() {
  if (!is_vfork_child()) return;
  for (unsigned number = first_ordinary; number < forced_end; ++number) {
    const Stamp entry = entry_of(static_cast<int>(number));
    if (forced_table[number] != entry) forced_table[number] = entry;
  }
  borrowed.forked_off = borrowed.child;
  borrowed.child = 0;
  borrowed.table = nullptr;
}

/// This process has just been forked. What is stamped since `since` may not be what it got: another thread may have
/// changed it while the kernel copied first the descriptors and then the memory.
void begin_as_child(Stamp since) {
  begin(false);
  take_over_changes();
  forget_since(since);
  take_back();
  is_shared = false;
  birth = begin_epoch();
}

/// kill(2): no process of this number. One that took it over meanwhile counts as the one that is gone.
bool is_gone(int process) { return raw_syscall(__NR_kill, process, 0) == -ESRCH; }

/// The parent that is in another PID namespace has no number (getppid(2)): it is not known to be gone.
bool has_lost_parent() {
  const long parent = raw_syscall(__NR_getppid);
  return parent > 0 && parent != ancestors[0].process;
}

}  // namespace

void forget_plans() {
  for (unsigned call = 0; call < call_count; ++call) {
    store_in_order(wiped.settled[call], static_cast<void*>(nullptr));
    store_in_order(wiped.plans[call], std::uint8_t{0});
  }
}

void begin_phase() {
  begin(true);
  is_loaded = true;
  begin_first_epoch();
  raw_syscall(__NR_madvise, reinterpret_cast<long>(&wiped), sizeof wiped, MADV_WIPEONFORK);
}

namespace {

/// The child of a fork that libc's function has made. Libc's own handlers (pthread_atfork(3)) may have made calls
/// already.
void begin_forked(const Fork::Parent parent) {
  current_fork = {};
  begin_as_child(parent.since);
  std::memmove(ancestors + 1, ancestors, sizeof ancestors - sizeof ancestors[0]);
  // In another PID namespace their numbers mean nothing.
  if (parent.process == 0 || raw_syscall(__NR_getppid) == 0)
    std::memset(ancestors, 0, sizeof ancestors);
  else
    ancestors[0] = {parent.process, parent.birth};
}

}  // namespace

void begin_unseen() {
  if (!is_loaded) return;
  if (current_fork.is_forking) return begin_forked(current_fork);
  begin_as_child(0);
  std::memset(ancestors, 0, sizeof ancestors);
}

Fork::Fork(bool is_parent) : outer_(current_fork) {
  ensure_begun();
  process_ = process_id();
  current_fork = {.is_forking = true,
                  .process = is_parent ? process_ : 0,
                  .birth = is_vfork_child() ? borrowed.since : birth,
                  .since = begin_epoch()};
}

// Not in the child: of what its parent was in the midst of it knows nothing.
Fork::~Fork() {
  if (process_ == (is_vfork_child() ? borrowed.child : wiped.process)) current_fork = outer_;
}

void Fork::begin_child() const {
  if (current_fork.is_forking) begin_forked(current_fork);
}

Stamp share_memory() {
  process_id();
  is_shared = true;
  const Stamp since = begin_epoch();
  distrust(since);
  return since;
}

void stop_sharing_memory() { is_shared = false; }

bool shares_memory() { return is_shared; }

bool is_child() {
  ensure_begun();
  return is_vfork_child() || !wiped.is_parent || (is_shared && is_another());
}

int process_id() {
  if (is_vfork_child()) return borrowed.child;
  if (wiped.process == 0) wiped.process = static_cast<int>(raw_syscall(__NR_getpid));
  return wiped.process;
}

Claims::Claims() {
  // First: a child that was forked unseen may have been a vfork child until now.
  ensure_begun();
  is_borrowed_ = is_vfork_child();
  since_ = is_borrowed_ ? borrowed.since : birth;
  got_before_ = is_borrowed_ ? since_ : never;
  if (is_shared && !is_borrowed_ && is_another()) since_ = never;
}

bool Claims::are_anothers() { return !is_vfork_child() && !is_shared && is_another(); }

Stamp Claims::parents_since() {
  if (parents_since_ != 0) return parents_since_;
  parents_since_ = never;
  if (is_borrowed_) return never;
  for (unsigned i = 0; i < most_ancestors && ancestors[i].process != 0; ++i) {
    if (i == 0 ? !has_lost_parent() : !is_gone(ancestors[i].process)) break;
    parents_since_ = ancestors[i].birth != 0 ? ancestors[i].birth : 1;
  }
  return parents_since_;
}

void begin_anew() {
  forget_since(0);
  birth = 0;
  std::memset(ancestors, 0, sizeof ancestors);
}

bool is_phase_settled() {
  ensure_begun();
  return !wiped.is_parent;
}

}  // namespace cloexec
