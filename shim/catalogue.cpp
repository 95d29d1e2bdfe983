// SPDX-License-Identifier: Apache-2.0

#include "shim/catalogue.h"

namespace cloexec {
namespace {

#define X_TIME64 X
#define X_WATCH(name)
#define X(name, family, method) Method::method,
constexpr Method methods[] = {
#include "shim/interposed.def"
};
#undef X
#undef X_TIME64
#undef X_WATCH

}  // namespace

Method method_of(Call call) { return methods[static_cast<unsigned>(call)]; }

}  // namespace cloexec
