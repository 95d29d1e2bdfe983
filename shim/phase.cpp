// SPDX-License-Identifier: Apache-2.0

#include "shim/phase.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "shim/borrowed.h"
#include "shim/gate.h"
#include "shim/raw_syscall.h"
#include "shim/state.h"

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

/// The fork that this thread is in the midst of, which its child finds here.
constinit thread_local const Fork* current_fork = nullptr;

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
  for (unsigned number = 0; number < forced_end; ++number) {
    const Stamp stamp = stamp_of(static_cast<int>(number));
    if (forced_table[number] != stamp) forced_table[number] = stamp;
  }
  borrowed.child = 0;
  borrowed.depth = 0;
  borrowed.table = nullptr;
}

/// kill(2): no process of this number. One that took it over meanwhile counts as the one that is gone.
bool is_gone(int process) { return raw_syscall(__NR_kill, process, 0) == -ESRCH; }

/// The parent that is in another PID namespace has no number (getppid(2)): it is not known to be gone.
bool has_lost_parent() {
  const long parent = raw_syscall(__NR_getppid);
  return parent > 0 && parent != ancestors[0].process;
}

}  // namespace

void begin_phase() {
  begin(true);
  is_loaded = true;
  raw_syscall(__NR_madvise, reinterpret_cast<long>(&wiped), sizeof wiped, MADV_WIPEONFORK);
}

void begin_unseen() {
  if (!is_loaded) return;
  if (current_fork != nullptr) return current_fork->begin_child();
  // What the table says may have changed while the kernel copied it.
  begin(false);
  take_over_changes();
  forget_since(0);
  is_shared = false;
  std::memset(ancestors, 0, sizeof ancestors);
  birth = begin_epoch();
}

Fork::Fork(bool is_parent) {
  ensure_begun();
  parent_ = is_parent ? process_id() : 0;
  birth_ = is_vfork_child() ? borrowed.frames[borrowed.depth - 1].since : birth;
  since_ = begin_epoch();
  current_fork = this;
}

Fork::~Fork() { current_fork = nullptr; }

void Fork::begin_child() const {
  if (current_fork != this) return;
  current_fork = nullptr;
  begin(false);
  take_over_changes();
  // What another thread did while the kernel copied first the descriptors and then the memory.
  forget_since(since_);
  take_back();
  is_shared = false;
  std::memmove(ancestors + 1, ancestors, sizeof ancestors - sizeof ancestors[0]);
  // In another PID namespace their numbers mean nothing.
  if (parent_ == 0 || raw_syscall(__NR_getppid) == 0)
    std::memset(ancestors, 0, sizeof ancestors);
  else
    ancestors[0] = {parent_, birth_};
  birth = begin_epoch();
}

void share_memory() {
  process_id();
  is_shared = true;
  distrust(begin_epoch());
}

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

Claims::Claims() : is_borrowed_(is_vfork_child()) {
  ensure_begun();
  since_ = is_borrowed_ ? borrowed.frames[borrowed.depth - 1].since : birth;
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
