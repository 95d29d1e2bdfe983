// SPDX-License-Identifier: Apache-2.0
//
// Method "substitute": the call takes no flag, but another one does the same and takes it. Method "rebuild" is the same
// with several calls in its place.
#pragma once

#include "shim/method/make.h"

namespace cloexec {

/// Calls `substitute(function)`, where `function` is what `next` stands for, or `original()` where that does not work.
[[gnu::always_inline]] inline auto make_by_substitute(Site site, Shape shape, Retry retry, auto next, auto substitute,
                                                      auto original) {
  const auto forms = [=](bool form) { return form == atomic ? substitute(next.get()) : original(); };
  auto* const function = next.get_if_bound();
  if (is_settled(site.call) && function != nullptr) [[likely]]
    return make_settled(Attempt(site.call, shape, retry), substitute(function), forms);
  const auto copy = forms;
  return from_word<decltype(original())>(make_slowly({site.call, shape, retry}, site.caller, site.detail, Forms(copy)));
}

}  // namespace cloexec
