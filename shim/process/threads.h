// SPDX-License-Identifier: Apache-2.0
//
// What is noted of calls after which two processes or threads have one descriptor table or two, by function and by
// number.
#pragma once

#include "shim/process/forced.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Notes a call before it is made, and takes that back should it fail.
class Sharing {
 public:
  /// clone(2) of a process, not of a thread.
  void note_clone(unsigned flags);

  /// unshare(2): this thread is about to part with what it shares.
  void note_unshare(unsigned flags);

  /// The call has failed.
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
