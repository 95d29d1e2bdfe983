// SPDX-License-Identifier: Apache-2.0
//
// The page alone, for the linker puts it behind all else that is written.

#include "shim/process/wiped.h"

namespace cloexec {

constinit Wiped wiped = {};

}  // namespace cloexec
