// SPDX-License-Identifier: Apache-2.0
//
// The words of the room below are words of this one.
#pragma once

namespace cloexec::trace {}

namespace cloexec::supervise {

using namespace trace;

}  // namespace cloexec::supervise
