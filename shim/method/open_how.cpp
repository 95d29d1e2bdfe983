// SPDX-License-Identifier: Apache-2.0

#include "shim/method/open_how.h"

#include <linux/openat2.h>

#include <cstring>

#include "shim/verdict.h"

namespace cloexec {

Word make_with_how(const Recipe& recipe, const void* caller, const Word* words, bool is_by_number) {
  struct {
    open_how how;
    unsigned char what_later_kernels_add[104];
  } copy{};
  const auto* const how = from_word<const open_how*>(words[recipe.place]);
  const auto size = static_cast<std::size_t>(words[recipe.place + 1]);
  const WordCall call(recipe, caller, words, to_word(&copy), is_by_number);
  if (how == nullptr || size < sizeof copy.how) return call.make(plain);
  const auto forms = [&](bool form) { return call.make(form); };
  if ((how->flags & O_CLOEXEC) != 0) return make_as_asked(call.site(), as_number, Made::marked, Forms(forms));
  if (size > sizeof copy) return make_plainly(call.site(), as_number, Forms(forms));
  std::memcpy(&copy, how, size);
  copy.how.flags |= O_CLOEXEC;
  return call.make();
}

}  // namespace cloexec
