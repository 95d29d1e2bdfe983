// SPDX-License-Identifier: Apache-2.0
//
// What the catalogue says of a call, for the places that meet calls as values.
#pragma once

#include <cstdint>

#include "shim/call.h"

namespace cloexec {

enum class Method : std::uint8_t { flag, mode, substitute, rebuild, afterwards, number };

const char* name_of(Call call);
Method method_of(Call call);

}  // namespace cloexec
