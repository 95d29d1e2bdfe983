// SPDX-License-Identifier: Apache-2.0
//
// What is noted of calls after which two processes or threads have one descriptor table or two, by function and by
// number. Nothing here fails or changes errno, and all may be called in a signal handler and between fork and exec.
#pragma once

#include "shim/process/forced.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// One call of clone(2) or unshare(2), noted before it is made; should it fail, that can be taken back.
class Sharing {
 public:
  /// Notes a clone(2) of a process, not of a thread, with these CLONE_*: whether it shares descriptors, or memory
  /// without the parent's waiting.
  void note_clone(unsigned flags);

  /// Notes an unshare(2), with these CLONE_*: where this thread parts with descriptors that others have, what is noted
  /// from now on could be theirs. One system call then.
  void note_unshare(unsigned flags);

  /// Takes back what was noted, for a call that has failed.
  void take_back() const;

 private:
  bool were_descriptors_shared_ = true;
  bool was_memory_shared_ = true;
  Stamp distrusted_ = 0;
};

/// Whether another process shares our descriptors (clone(2) with CLONE_FILES): what is given to one program would be
/// open in others, so that nothing is given any more.
bool are_descriptors_shared();

}  // namespace cloexec
