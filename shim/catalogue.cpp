// SPDX-License-Identifier: Apache-2.0

#include "shim/catalogue.h"

namespace cloexec {
namespace {

// The names behind one another: an array of pointers would be relocated in every process.
#ifdef __i386__
#define X_TIME64(name, family, method) #name "\0"
#else
#define X_TIME64(name, family, method)
#endif
#define X(name, family, method) #name "\0"
constexpr char names[] =
#include "shim/interposed.def"
    ;
#undef X
#undef X_TIME64

#ifdef __i386__
#define X_TIME64(name, family, method) Method::method,
#else
#define X_TIME64(name, family, method)
#endif
#define X(name, family, method) Method::method,
constexpr Method methods[] = {
#include "shim/interposed.def"
};
#undef X
#undef X_TIME64

}  // namespace

const char* name_of(Call call) {
  const char* name = names;
  for (unsigned skipped = 0; skipped < static_cast<unsigned>(call); ++skipped)
    while (*name++ != '\0') {
    }
  return name;
}

Method method_of(Call call) { return methods[static_cast<unsigned>(call)]; }

}  // namespace cloexec
