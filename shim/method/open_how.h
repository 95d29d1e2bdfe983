// SPDX-License-Identifier: Apache-2.0
//
// Method "flag" for openat2(2), whose flags stand in a struct of the caller's: it may be constant, so a copy is
// changed.
#pragma once

#include <linux/openat2.h>

#include <cstring>

#include "shim/method/flag.h"
#include "shim/verdict.h"

namespace cloexec {

/// Calls `create(how)` with O_CLOEXEC added. `size` is what the caller takes the struct's size to be.
auto make_with_how(const Site& site, const open_how* how, std::size_t size, auto create) {
  struct {
    open_how how;
    unsigned char what_later_kernels_add[104];
  } copy{};
  if (how == nullptr || size < sizeof copy.how || (how->flags & O_CLOEXEC) != 0 || verdict_on(site) == Verdict::exempt)
    return create(how);
  const auto forms = [=, forced = &copy.how](bool form) { return create(form == atomic ? forced : how); };
  if (size > sizeof copy) return from_word<decltype(create(how))>(make_plainly(site, as_number, Forms(forms)));
  std::memcpy(&copy, how, size);
  copy.how.flags |= O_CLOEXEC;
  return make(site, as_number, Retry::while_unsettled, forms);
}

}  // namespace cloexec
