// SPDX-License-Identifier: Apache-2.0
//
// Family pipe.

#include "shim/interpose/interpose.h"

using namespace cloexec;

INTERPOSE(int, pipe, int ends[2]) noexcept {
  return make_quickly<substitute(Call::pipe, Call::pipe2, 1, O_CLOEXEC).giving(Outcome::pair).about(0)>(ends, 0);
}

INTERPOSE(int, __pipe, int ends[2]) noexcept {
  return make_by<substitute(Call::__pipe, Call::pipe2, 1, O_CLOEXEC).giving(Outcome::pair).about(0)>(CALLER, ends);
}

INTERPOSE(int, pipe2, int ends[2], int flags) noexcept {
  // A kernel that has pipe2 knows the flag.
  constexpr Recipe recipe = flag(Call::pipe2, 1, O_CLOEXEC).retried(Retry::while_unsettled);
  return make_quickly<recipe.giving(Outcome::pair).about(0)>(ends, flags);
}
