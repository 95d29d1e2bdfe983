// SPDX-License-Identifier: Apache-2.0
//
// What a file of interposers includes. How to add one: docs/adding-an-interposer.md.
#pragma once

#include "shim/method/afterwards.h"
#include "shim/method/flag.h"
#include "shim/method/mode.h"
#include "shim/method/recipe.h"
#include "shim/method/substitute.h"
#include "shim/next.h"

/// Opens the definition of an exported function. Say noexcept where the header does: what it does not is a cancellation
/// point as a rule, and must stay one.
#define INTERPOSE(result, name, ...) extern "C" [[gnu::visibility("default")]] result name(__VA_ARGS__)

/// Where the call comes from: to be said in the interposer itself.
#define CALLER __builtin_return_address(0)

/// The call of interposer `name`, and where it comes from.
#define HERE(name) \
  cloexec::Site { cloexec::Call::name, CALLER }

/// Declares `name`, the one argument that may follow `last` in a call of a variadic function. It is read whether the
/// caller passed it or not, as glibc does in fcntl: what is then read means nothing to whoever gets it.
#define OPTIONAL_ARGUMENT(type, name, last) \
  va_list rest;                             \
  va_start(rest, last);                     \
  type name = va_arg(rest, type);           \
  va_end(rest)
