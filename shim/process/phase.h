// SPDX-License-Identifier: Apache-2.0
//
// What a process knows of itself: whether it is the one that the shim was loaded into or was forked off it, when it
// began, and whose place it may have taken. It asks the kernel for ids alone, and seldom. A page that the kernel wipes
// in every forked child (madvise(2), MADV_WIPEONFORK: Linux 4.14) tells of forks that did not go through libc; for
// those that did the interposers of fork(2) and its kin say more.
//
// Nothing here fails or changes errno, and all may be called in a signal handler and between fork and exec, but where
// it says otherwise.
#pragma once

#include <cstdint>

#include "shim/process/forced.h"
#include "shim/process/wiped.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Marks this process as the one that the shim was loaded into, and begins the first epoch. To be called once, at load.
void begin_phase();

/// Begins a child that was forked and does not know yet, for who finds nothing begun: of a fork that libc made, as its
/// child; of another, which forgets what was forced. Nothing before begin_phase().
void begin_unseen();

/// Sees to it that a forked child has begun; in few instructions where it has.
inline void ensure_begun() {
  if (!wiped.has_begun) [[unlikely]]
    begin_unseen();
}

/// A fork that is about to be made by libc's function, for as long as this lives: what the child must know of its
/// parent.
class Fork {
 public:
  /// What a thread says of the fork that it is in the midst of.
  struct Parent {
    bool is_forking;  // whether it is in the midst of one
    int process;      // 0 when the child will be our parent's, not ours (CLONE_PARENT)
    Stamp birth;      // the epoch in which it began
    Stamp since;      // that of the fork
  };

  /// Begins an epoch. Unless `is_parent` the child will be our parent's, not ours (CLONE_PARENT).
  explicit Fork(bool is_parent = true);

  /// Puts back what an interrupted fork of this thread said; nothing in the child.
  ~Fork();
  Fork(const Fork&) = delete;
  Fork& operator=(const Fork&) = delete;

  /// Begins the child, which has a copy of this object; nothing when that has been done, as by a call in a handler of
  /// pthread_atfork(3). To be called in the child alone.
  void begin_child() const;

 private:
  Parent outer_;  // a handler may fork in the midst of a fork
  int process_;   // who began it
};

/// Says that from now on a child runs beside us in our memory (clone(2) with CLONE_VM): only ids tell such processes
/// apart, at a system call each time, and what is noted from now on could be another's. Returns the epoch that begins
/// then, which is distrusted.
Stamp share_memory();

/// Whether a child runs beside us in our memory, or did once.
bool shares_memory();

/// Takes back share_memory(), for a child that did not come to be; what it distrusts is the caller's to trust again.
void stop_sharing_memory();

/// Whether this process was forked off the one that the shim was loaded into, as vfork and clone do, too: a rule's
/// `when`.
bool is_child();

/// The id of this process (getpid(2)), which the kernel is asked for once; in a vfork child the child's. Of a process
/// that shares our memory unseen it is not.
int process_id();

/// What this process can claim of forced descriptors, at one exec.
class Claims {
 public:
  /// Finds out who asks: a system call where memory is shared.
  Claims();

  /// Whether `stamp`, which is that of `fd`, proves that the number is what was forced then.
  bool are_proved_by(int fd, Stamp stamp) const { return is_proof(stamp) && (stamp < got_before_ || made(fd, stamp)); }

  /// Whether this process has made `fd`, whose stamp that is, itself since it began. What its parent had made counts,
  /// too, when that is gone: then this process has taken its place (daemon(3)). The kernel is asked for that once
  /// (getppid(2), kill(2)).
  bool are_own(int fd, Stamp stamp) { return made(fd, stamp) || stamp >= parents_since(); }

  /// Whether this is a child that borrows our memory without our knowing: what is noted here is its parent's. One
  /// system call.
  static bool are_anothers();

 private:
  bool made(int fd, Stamp stamp) const { return stamp >= since_ && (!is_borrowed_ || is_changed(fd)); }
  Stamp parents_since();

  bool is_borrowed_;         // this is a vfork child
  Stamp since_;              // what it made is not older
  Stamp got_before_;         // what it got is older
  Stamp parents_since_ = 0;  // what they made whose place it has taken is not older; 0 when not known yet
};

/// Forgets all that was noted and when this process began, for begin_epoch(), when epochs have run out.
void begin_anew();

/// Whether this process, and all that are forked off it, are children for ever: then `when` needs no asking again.
bool is_phase_settled();

}  // namespace cloexec
