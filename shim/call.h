// SPDX-License-Identifier: Apache-2.0
//
// The functions of the catalogue as numbers.
#pragma once

#include <cstdint>

namespace cloexec {

enum class Call : std::uint8_t {
#ifdef __i386__
#define X_TIME64(name, family, method) name,
#else
#define X_TIME64(name, family, method)
#endif
#define X(name, family, method) name,
#include "shim/interposed.def"
#undef X
#undef X_TIME64
};

inline constexpr unsigned call_count = 0
#ifdef __i386__
#define X_TIME64(name, family, method) +1
#else
#define X_TIME64(name, family, method)
#endif
#define X(name, family, method) +1
#include "shim/interposed.def"
#undef X
#undef X_TIME64
    ;

}  // namespace cloexec
