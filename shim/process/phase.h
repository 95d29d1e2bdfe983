// SPDX-License-Identifier: Apache-2.0
//
// What a process knows of itself: whether it is the one that the shim was loaded into or was forked off it, when it
// began, and whose place it may have taken. No system call is made for it. A page that the kernel wipes in every forked
// child (madvise(2), MADV_WIPEONFORK: Linux 4.14) tells of forks that did not go through libc; for those that did the
// interposers of fork(2) and its kin say more.
#pragma once

#include <cstdint>

#include "shim/process/forced.h"
#include "shim/process/wiped.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Marks this process as the one that the shim was loaded into.
void begin_phase();

/// Begins a child that was forked unseen, if this is one.
void begin_unseen();
inline void ensure_begun() {
  if (!wiped.has_begun) [[unlikely]]
    begin_unseen();
}

/// A fork that is about to be made by libc's function: what the child must know of its parent.
class Fork {
 public:
  struct Parent {
    bool is_forking;
    int process;  // 0 when the child will be our parent's, not ours (CLONE_PARENT)
    Stamp birth;  // the epoch in which it began
    Stamp since;  // that of the fork
  };

  explicit Fork(bool is_parent = true);
  ~Fork();
  Fork(const Fork&) = delete;
  Fork& operator=(const Fork&) = delete;

  /// In the child, which has a copy of this object.
  void begin_child() const;

 private:
  Parent outer_;  // a handler may fork in the midst of a fork
  int process_;   // who began it
};

/// From now on a child runs beside us in our memory (clone(2) with CLONE_VM): only ids tell such processes apart, at a
/// system call each time, and what is noted from now on could be another's: returns the epoch that begins then.
Stamp share_memory();
bool shares_memory();

/// The child did not come to be.
void stop_sharing_memory();

/// Whether this process was forked off the one that the shim was loaded into.
bool is_child();

/// Its id, asked for once.
int process_id();

/// What this process can claim of a forced descriptor.
class Claims {
 public:
  Claims();

  /// Whether `stamp`, which is that of `fd`, proves that the number is what was forced then.
  bool are_proved_by(int fd, Stamp stamp) const { return is_proof(stamp) && (stamp < got_before_ || made(fd, stamp)); }

  /// Whether it has made it itself since it began. What its parent had made counts, too, when that is gone: then this
  /// process has taken its place (daemon(3)).
  bool are_own(int fd, Stamp stamp) { return made(fd, stamp) || stamp >= parents_since(); }

  /// Whether this is a child that borrows our memory without our knowing: what is noted here is its parent's.
  static bool are_anothers();

 private:
  bool made(int fd, Stamp stamp) const { return stamp >= since_ && (!is_borrowed_ || is_changed(fd)); }
  Stamp parents_since();

  bool is_borrowed_;         // this is a vfork child
  Stamp since_;              // what it made is not older
  Stamp got_before_;         // what it got is older
  Stamp parents_since_ = 0;  // what they made whose place it has taken is not older; 0 when not known yet
};

/// Epochs begin anew: what was noted in those before proves nothing.
void begin_anew();

/// Whether it stays a child for ever: a child's children are children too.
bool is_phase_settled();

}  // namespace cloexec
