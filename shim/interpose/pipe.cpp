// SPDX-License-Identifier: Apache-2.0
//
// Family pipe.

#include "shim/interpose.h"

using namespace cloexec;

INTERPOSE(int, pipe, int ends[2]) noexcept {
  return make_fast<substitute(Call::pipe, Call::pipe2, 1, O_CLOEXEC).making(Shape::Kind::pair).about(0)>(ends, 0);
}

INTERPOSE(int, __pipe, int ends[2]) noexcept {
  return make_by<substitute(Call::__pipe, Call::pipe2, 1, O_CLOEXEC).making(Shape::Kind::pair).about(0)>(CALLER, ends);
}

INTERPOSE(int, pipe2, int ends[2], int flags) noexcept {
  return make_by<flag(Call::pipe2, 1, O_CLOEXEC).making(Shape::Kind::pair).about(0)>(CALLER, ends, flags);
}
