// SPDX-License-Identifier: Apache-2.0
//
// What a file of interposers includes. How to add one: docs/adding-an-interposer.md.
#pragma once

#include <sys/syscall.h>

#include "shim/host/next.h"
#include "shim/host/route.h"
#include "shim/make/force.h"
#include "shim/make/make.h"
#include "shim/make/note.h"
#include "shim/make/settled.h"

/// Opens the definition of an exported function. Say noexcept where the header does: what it does not is a cancellation
/// point as a rule, and must stay one.
#define INTERPOSE(result, name, ...) extern "C" [[gnu::visibility("default")]] result name(__VA_ARGS__)

/// The same of a variadic function, with all arguments that it may have: the psABIs of docs/architectures.md
/// pass them alike. Each is read whether the caller passed it or not, as glibc does in fcntl: what is then read means
/// nothing to whoever gets it.
#define INTERPOSE_VARIADIC(result, name, ...)                                                 \
  extern "C" [[gnu::visibility("default")]] result interposed_##name(__VA_ARGS__) asm(#name); \
  result interposed_##name(__VA_ARGS__)

/// Opens the definition of an exported function whose name is no standard's: a library may have one of its own, to
/// which our library, which is loaded first, must not answer. Whatever that takes and returns, it is jumped to.
#define INTERPOSE_ROUTED(result, name, ...)                                                                    \
  extern "C" [[gnu::visibility("hidden")]] result interposed_##name(__VA_ARGS__) asm("cloexec_" #name);        \
  extern "C" {                                                                                                 \
  [[gnu::visibility("hidden"), gnu::used]] constinit void* route_##name asm("cloexec_route_" #name) = nullptr; \
  }                                                                                                            \
  extern "C" [[gnu::visibility("hidden"), gnu::used]] void* cloexec_find_route_##name() {                      \
    return cloexec::find_route(#name, reinterpret_cast<void*>(interposed_##name), route_##name);               \
  }                                                                                                            \
  CLOEXEC_ROUTE(name)                                                                                          \
  result interposed_##name(__VA_ARGS__)

/// Where the call comes from: to be said in the interposer itself.
#define CALLER __builtin_return_address(0)

/// The call of interposer `name`, and where it comes from.
#define HERE(name) \
  cloexec::Site { cloexec::Call::name, CALLER }
