// SPDX-License-Identifier: Apache-2.0
//
// What a file of interposers includes. How to add one: docs/adding-an-interposer.md.
#pragma once

#include "shim/method/afterwards.h"
#include "shim/method/fast.h"
#include "shim/method/mode.h"
#include "shim/method/recipe.h"
#include "shim/next.h"

/// Opens the definition of an exported function. Say noexcept where the header does: what it does not is a cancellation
/// point as a rule, and must stay one.
#define INTERPOSE(result, name, ...) extern "C" [[gnu::visibility("default")]] result name(__VA_ARGS__)

/// The same of a variadic function, with all arguments that it may have: the psABIs of x86-64, i386 and aarch64 (Linux)
/// pass them alike. Each is read whether the caller passed it or not, as glibc does in fcntl: what is then read means
/// nothing to whoever gets it.
#define INTERPOSE_VARIADIC(result, name, ...)                                                 \
  extern "C" [[gnu::visibility("default")]] result interposed_##name(__VA_ARGS__) asm(#name); \
  result interposed_##name(__VA_ARGS__)

/// Where the call comes from: to be said in the interposer itself.
#define CALLER __builtin_return_address(0)

/// The call of interposer `name`, and where it comes from.
#define HERE(name) \
  cloexec::Site { cloexec::Call::name, CALLER }
