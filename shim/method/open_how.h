// SPDX-License-Identifier: Apache-2.0
//
// Method "flag" for openat2(2), whose flags are in a struct that is the caller's.
#pragma once

#include "shim/method/recipe.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Makes openat2; the recipe's place is that of the struct, and its size comes next.
Word make_with_how(const Recipe& recipe, const void* caller, const Word* words, bool is_by_number);

}  // namespace cloexec
