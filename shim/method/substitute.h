// SPDX-License-Identifier: Apache-2.0
//
// Method "substitute": the call takes no flag, but another one does the same and takes it. Method "rebuild" is the same
// with several calls in its place.
#pragma once

#include "shim/method/make.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Calls `substitute(function)`, where `function` is what `next` stands for, or `original()` where that does not work.
[[gnu::always_inline]] inline auto make_by_substitute(Site site, Shape shape, Retry retry, auto next, auto substitute,
                                                      auto original) {
  return make(site, shape, retry, [=](bool form) { return form == atomic ? substitute(next.get()) : original(); });
}

/// The same in few instructions.
[[gnu::always_inline]] inline auto make_fast_by_substitute(Site site, Shape shape, Retry retry, auto next,
                                                           auto substitute, auto original) {
  return make_fast(site, shape, retry, next, substitute,
                   [=](bool form) { return form == atomic ? substitute(next.get()) : original(); });
}

}  // namespace cloexec
