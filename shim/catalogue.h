// SPDX-License-Identifier: Apache-2.0
//
// How the catalogue says that a call is treated, for the places that meet calls as values.
#pragma once

#include <cstdint>

#include "policy/call.h"

namespace [[gnu::visibility("hidden")]] cloexec {

enum class Method : std::uint8_t { flag, mode, substitute, rebuild, afterwards, number, release };

Method method_of(Call call);

}  // namespace cloexec
