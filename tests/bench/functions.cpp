// SPDX-License-Identifier: Apache-2.0
#include "functions.h"

#include <dlfcn.h>

const Functions& by_name() {
#define BENCH_NAMED(name) &::name,
  static const Functions functions{BENCH_FUNCTIONS(BENCH_NAMED)};
#undef BENCH_NAMED
  return functions;
}

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
