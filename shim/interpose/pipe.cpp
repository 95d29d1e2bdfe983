// SPDX-License-Identifier: Apache-2.0
//
// Family pipe.

#include "shim/interpose.h"

using namespace cloexec;

namespace {

[[gnu::always_inline]] inline int piped(Site site, auto next, int* ends) {
  return make_fast_by_substitute(
      site, as_pair(ends), Retry::if_refused_or_invalid, next_pipe2,
      [=](auto* function) { return function(ends, O_CLOEXEC); }, [=] { return next(ends); });
}

}  // namespace

INTERPOSE(int, pipe, int ends[2]) noexcept { return piped(HERE(pipe), next_pipe, ends); }

INTERPOSE(int, __pipe, int ends[2]) noexcept { return piped(HERE(__pipe), next___pipe, ends); }

INTERPOSE(int, pipe2, int ends[2], int flags) noexcept {
  return make_fast_with_flag(HERE(pipe2), as_pair(ends), Retry::if_refused_or_invalid, next_pipe2, flags, O_CLOEXEC,
                             [=](auto* next, int forced) { return next(ends, forced); });
}
