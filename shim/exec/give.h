// SPDX-License-Identifier: Apache-2.0
//
// Gives a new program those descriptors that the shim has forced and that a rule for the exec family exempts; it, and
// nobody else's child.
#pragma once

#include "shim/decide/facts.h"
#include "shim/host/signal_mask.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// What a program is given while this lives: from before it is started until the start has failed, or until it runs as
/// another process. One that takes this process's place ends it. Starts that are given nothing are kept waiting while
/// somebody gives. errno unchanged.
class Gift {
 public:
  explicit Gift(const Start& about);
  ~Gift();
  Gift(const Gift&) = delete;
  Gift& operator=(const Gift&) = delete;

  /// The signals that this thread had blocked, when all are blocked now: the new process is to have these. Else null.
  const SignalMask* mask_before() const { return are_blocked_ ? &mask_ : nullptr; }

 private:
  /// Not inlined, for it takes room on the stack: that of a signal handler, perhaps.
  [[gnu::noinline]] void give_what_is_its(const Start& about);

  bool is_given_ = false;
  bool is_counted_ = false;
  bool are_blocked_ = false;
  SignalMask mask_ = {};
};

}  // namespace cloexec
