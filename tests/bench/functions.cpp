// SPDX-License-Identifier: Apache-2.0
#include "functions.h"

#include <dlfcn.h>

namespace {

#define BENCH_NAMED(name) &::name,
constexpr Functions named{BENCH_FUNCTIONS(BENCH_NAMED)};
#undef BENCH_NAMED

}  // namespace

const Functions& by_name() { return named; }

const Functions& of_libc() {
  static const Functions functions = [] {
    void* const libc = dlopen("libc.so.6", RTLD_NOLOAD | RTLD_NOW);
    if (libc == nullptr) abort();
#define BENCH_FOUND(name) reinterpret_cast<decltype(&::name)>(dlsym(libc, #name)),
    return Functions{BENCH_FUNCTIONS(BENCH_FOUND)};
#undef BENCH_FOUND
  }();
  return functions;
}
