// SPDX-License-Identifier: Apache-2.0
//
// A page of its own, behind all else that is written.

#include "shim/phase.h"

namespace cloexec {

constinit Wiped wiped = {};

}  // namespace cloexec
