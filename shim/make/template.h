// SPDX-License-Identifier: Apache-2.0
//
// The name that mkstemp(3) and its kin are given to fill in.
#pragma once

#include "shim/make/attempt.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The XXXXXX of a template, which a call that fails may have filled in: glibc leaves its letters there. The plain
/// form, should it be tried then, must find what the program wrote. Of other calls there are none.
class Blanks {
 public:
  /// Remembers their place: to be made before the call is.
  explicit Blanks(const Attempt& attempt);
  void restore() const;

 private:
  char* place_ = nullptr;
};

}  // namespace cloexec
