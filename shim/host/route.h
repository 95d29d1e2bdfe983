// SPDX-License-Identifier: Apache-2.0
//
// Jumps from an exported name to where its calls belong, with all arguments as they came and no frame of ours in
// between.
#pragma once

#include "shim/machine/machine.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The function behind `name`: our `interposer`, or where the next definition is not libc's, that one. Kept in `route`,
/// which two threads may both do: they find the same. errno, and where it may be called: as find_next().
void* find_route(const char* name, void* interposer, void*& route);

}  // namespace cloexec

/// Assembler that asks `function`, which gets the first two arguments, where to jump to, and jumps there.
#define CLOEXEC_ASK(function) CLOEXEC_SAVE_ARGUMENTS CLOEXEC_CALL(function) CLOEXEC_JUMP

/// Defines the function `name` in assembler, as a symbol that may be exported.
#define CLOEXEC_EXPORT(name, body)                                                                             \
  asm(".text\n.globl " #name "\n.type " #name ", %function\n" #name ":\n" CLOEXEC_BEGIN(name) body CLOEXEC_END \
      ".size " #name ", . - " #name "\n");

/// Defines the function `name` as a jump along its route, which cloexec_find_route_NAME is asked for first.
#define CLOEXEC_ROUTE(name) CLOEXEC_EXPORT(name, CLOEXEC_FOLLOW_ROUTE(name) CLOEXEC_ASK("cloexec_find_route_" #name))
